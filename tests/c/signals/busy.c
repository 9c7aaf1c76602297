// A signal comes to a program that makes no calls.
#include "../show.h"

static volatile int seen;

static void handler(int signal)
{
    seen = signal;
}

int main(void)
{
    volatile unsigned long turns = 0;
    struct itimerval once = {{0, 0}, {0, 20000}};
    signal(SIGALRM, handler);
    SHOW(setitimer(ITIMER_REAL, &once, NULL));
    while (!seen)
        turns++;
    SHOW(seen == SIGALRM);
    SHOW(turns > 0);
    return 0;
}
