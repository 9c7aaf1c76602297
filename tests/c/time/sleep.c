// Sleeping takes at least as long as asked for.
#include "../show.h"

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int main(void)
{
    long long start = now();
    SHOW(nanosleep(&(struct timespec){0, 5000000}, NULL));
    SHOW(now() - start >= 5000000);
    start = now();
    SHOW(usleep(3000));
    SHOW(now() - start >= 3000000);
    struct timespec until = {(now() + 4000000) / 1000000000, (now() + 4000000) % 1000000000};
    start = now();
    SHOW(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    SHOW(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){0, 0}, NULL));
    SHOW(clock_nanosleep(CLOCK_REALTIME, 0, &(struct timespec){0, 1000}, NULL));
    SHOW(nanosleep(&(struct timespec){0, 1000000000}, NULL));
    SHOW(nanosleep(&(struct timespec){-1, 0}, NULL));
    SHOW(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &(struct timespec){0, 1}, NULL));
    SHOW(sleep(0));
    return 0;
}
