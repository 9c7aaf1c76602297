// RLIMIT_CPU: SIGXCPU at the soft limit, as far as the program can go on.
#include "../show.h"
#include <sys/resource.h>

static volatile sig_atomic_t seen;

static void handler(int signal)
{
    seen = signal;
}

int main(void)
{
    struct rlimit limit;
    SHOW(getrlimit(RLIMIT_CPU, &limit));
    SHOW(limit.rlim_cur == RLIM_INFINITY);
    limit.rlim_cur = 1;
    SHOW(setrlimit(RLIMIT_CPU, &limit));
    signal(SIGXCPU, handler);
    while (!seen)
        ;
    SHOW(seen == SIGXCPU);
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    SHOW(used.tv_sec < 2);
    return 0;
}
