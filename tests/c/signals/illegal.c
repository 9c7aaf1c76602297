// SIGILL.
#include "../show.h"

static sigjmp_buf place;

static void handler(int signal)
{
    siglongjmp(place, signal);
}

int main(void)
{
    signal(SIGILL, handler);
    volatile int rounds = 0;
    if (sigsetjmp(place, 1) == 0)
        __builtin_trap();
    rounds++;
    SHOW(rounds);
    return 0;
}
