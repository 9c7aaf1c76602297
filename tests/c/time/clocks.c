// Clocks go on, and agree with each other.
#include "../show.h"

int main(void)
{
    struct timespec a, b;
    struct timeval t;
    SHOW(clock_gettime(CLOCK_MONOTONIC, &a));
    SHOW(clock_gettime(CLOCK_MONOTONIC, &b));
    SHOW(b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec));
    SHOW(clock_gettime(CLOCK_REALTIME, &a));
    SHOW(gettimeofday(&t, NULL));
    SHOW(llabs((long long)t.tv_sec - a.tv_sec) <= 1);
    SHOW(llabs((long long)time(NULL) - a.tv_sec) <= 1);
    SHOW(a.tv_nsec >= 0 && a.tv_nsec < 1000000000);
    SHOW(clock_gettime(CLOCK_BOOTTIME, &a));
    SHOW(clock_gettime(CLOCK_REALTIME_COARSE, &a));
    SHOW(clock_gettime(12345, &a));
    return 0;
}
