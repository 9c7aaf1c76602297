// Directions of rounding.
#include "../show.h"
#include <fenv.h>
#include <math.h>

int main(void)
{
    int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    volatile double one = 1, three = 3, half = 2.5;
    volatile float f = 1, t = 3;
    volatile long double l = 1, lt = 3;
    for (int i = 0; i < 4; i++) {
        SHOW(fesetround(modes[i]));
        SHOW(fegetround() == modes[i]);
        printf("%a %a %La %a %a\n", one / three, (double)(f / t), l / lt, rint(half), rint(-half));
        SHOW(write(-1, "", 0));
        SHOW(fegetround() == modes[i]);
    }
    return 0;
}
