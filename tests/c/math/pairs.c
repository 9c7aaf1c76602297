// Functions of two arguments, and remainders.
#include "../show.h"
#include <math.h>

int main(void)
{
    double a[] = {0, 1, 2, 10.5, 1e10, -3, 0.1}, b[] = {1, 0.5, 2, -1.5, 3, 7};
    for (int i = 0; i < 7; i++) {
        for (int k = 0; k < 6; k++) {
            int quotient;
            double p = pow(a[i], b[k]);
            printf("%a %a %a %a %a %a %d\n", p != p ? 0 : p, fmod(a[i], b[k]), remainder(a[i], b[k]), hypot(a[i], b[k]),
                   atan2(a[i], b[k]), nextafter(a[i], b[k]), (remquo(a[i], b[k], &quotient), quotient & 7));
            printf("%a %a %a %a\n", fma(a[i], b[k], 1), fdim(a[i], b[k]), fmax(a[i], b[k]), copysign(a[i], b[k]));
        }
    }
    return 0;
}
