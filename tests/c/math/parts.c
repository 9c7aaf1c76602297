// Numbers taken apart and put together.
#include "../show.h"
#include <math.h>

int main(void)
{
    double values[] = {0, 1, -0.75, 1e300, 5e-324, 123.456};
    for (int i = 0; i < 6; i++) {
        int e;
        double whole, m = frexp(values[i], &e), part = modf(values[i], &whole);
        printf("%a %d %a %a %a %d %a %d\n", m, e, part, whole, ldexp(m, e), ilogb(values[i]) == FP_ILOGB0, scalbn(values[i], 3),
               fpclassify(values[i]) == FP_SUBNORMAL);
    }
    SHOW(isnan(NAN) && isinf(INFINITY) && signbit(-0.0) && !signbit(0.0));
    SHOW(lrint(2.5));
    SHOW(lround(2.5));
    SHOW(llrint(-3.5));
    return 0;
}
