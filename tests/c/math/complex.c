// Complex numbers.
#include "../show.h"
#include <complex.h>
#include <math.h>

int main(void)
{
    double complex values[] = {1 + 2 * I, -0.5 * I, 3, -1 - 1 * I};
    for (int i = 0; i < 4; i++) {
        double complex z = values[i], w[] = {z * z, z / (2 - I), cexp(z), csqrt(z), clog(z), cpow(z, 2), csin(z), conj(z)};
        printf("%a %a:", cabs(z), carg(z));
        for (int k = 0; k < 8; k++)
            printf(" %a%+ai", creal(w[k]), cimag(w[k]));
        puts("");
    }
    return 0;
}
