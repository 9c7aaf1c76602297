// The C library's functions, to the last bit.
#include "../show.h"
#include <math.h>

int main(void)
{
    double points[] = {0, 0.1, 0.5, 1, 1.5, 2, 3.7, 10, 100.25, 1e-8, -0.3, -1, -7.5};
    double (*functions[])(double) = {sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, exp, exp2, expm1, log1p, sqrt, cbrt, floor, ceil, trunc, round, rint, erf, erfc, tgamma, lgamma, j0};
    for (int f = 0; f < 26; f++) {
        for (int i = 0; i < 13; i++) {
            double d = functions[f](points[i]);
            if (d != d)
                printf("nan ");
            else
                printf("%a ", d);
        }
        puts("");
    }
    return 0;
}
