// A timer that goes off again and again.
#include "../show.h"

static volatile int count;

static void handler(int signal)
{
    count++;
}

int main(void)
{
    struct itimerval every = {{0, 2000}, {0, 2000}}, none = {0}, old;
    signal(SIGALRM, handler);
    SHOW(setitimer(ITIMER_REAL, &every, NULL));
    while (count < 5)
        pause();
    SHOW(setitimer(ITIMER_REAL, &none, &old));
    SHOW(old.it_interval.tv_usec);
    SHOW(getitimer(ITIMER_REAL, &old));
    SHOW(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
    SHOW(setitimer(99, &none, NULL));
    return 0;
}
