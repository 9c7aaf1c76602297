// Limits and constants of the system.
#include "../show.h"
#include <sys/resource.h>

int main(void)
{
    struct rlimit r;
    SHOW(sysconf(_SC_PAGESIZE));
    SHOW(getpagesize());
    SHOW(sysconf(_SC_OPEN_MAX) > 100);
    SHOW(sysconf(_SC_NPROCESSORS_ONLN) > 0);
    SHOW(getrlimit(RLIMIT_NOFILE, &r));
    SHOW(r.rlim_cur <= r.rlim_max);
    SHOW(getrlimit(RLIMIT_STACK, &r));
    SHOW(getrlimit(99, &r));
    SHOW(setrlimit(RLIMIT_CORE, &(struct rlimit){5, 4}));
    SHOW(sysconf(9999));
    SHOW(confstr(_CS_PATH, NULL, 0) > 0);
    return 0;
}
