// What clocks say of their resolution.
#include "../show.h"

int main(void)
{
    struct timespec r;
    SHOW(clock_getres(CLOCK_REALTIME, &r));
    SHOW(r.tv_sec == 0 && r.tv_nsec == 1);
    SHOW(clock_getres(CLOCK_MONOTONIC, &r));
    SHOW(r.tv_sec == 0 && r.tv_nsec == 1);
    SHOW(clock_getres(CLOCK_PROCESS_CPUTIME_ID, NULL));
    SHOW(clock_getres(777, &r));
    SHOW(sysconf(_SC_CLK_TCK));
    return 0;
}
