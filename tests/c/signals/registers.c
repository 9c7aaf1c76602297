// A handler changes no register of what it interrupts.
#include "../show.h"
#include <fenv.h>
static volatile double spoiled;

static void handler(int signal)
{
    fesetround(FE_UPWARD);
    spoiled = 1.0 / 3 * signal;
    for (int i = 0; i < 10; i++)
        spoiled = spoiled * spoiled + i;
}

int main(void)
{
    signal(SIGUSR1, handler);
    double a = 1.25, b = 2.5, c = 3.75, d = 4.125;
    long i = 1, j = 2, k = 3, l = 4, m = 5;
    for (int round = 0; round < 50; round++) {
        raise(SIGUSR1);
        a += b * 0.5;
        c -= d * 0.25;
        i += j * k;
        l ^= m + i;
    }
    printf("%a %a %ld %ld\n", a, c, i, l);
    SHOW(fegetround() == FE_TONEAREST);
    return 0;
}
