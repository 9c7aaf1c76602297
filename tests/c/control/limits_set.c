// Soft limits move below the hard ones; those that nothing is measured by are kept, too.
#include "../show.h"
#include <sys/resource.h>

static void check(int resource)
{
    struct rlimit limit, now;
    SHOW(getrlimit(resource, &limit));
    rlim_t hard = limit.rlim_max;
    limit.rlim_cur = hard > 1000 ? 1000 : hard / 2;
    SHOW(setrlimit(resource, &limit));
    SHOW(getrlimit(resource, &now));
    SHOW(now.rlim_cur == limit.rlim_cur && now.rlim_max == hard);
    limit.rlim_cur = hard;
    SHOW(prlimit(0, resource, &limit, &now));
    SHOW(now.rlim_cur == hard || now.rlim_cur < hard);
    SHOW(prlimit(getpid(), resource, NULL, &now));
    SHOW(now.rlim_cur == hard && now.rlim_max == hard);
    if (hard != 0 && hard != RLIM_INFINITY)
        SHOW(setrlimit(resource, &(struct rlimit){hard, hard - 1}));
}

int main(void)
{
    static const int all[] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_RSS, RLIMIT_LOCKS};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        check(all[i]);
    // No core file: nobody minds.
    struct rlimit core;
    SHOW(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
    SHOW(getrlimit(RLIMIT_CORE, &core));
    SHOW(core.rlim_cur);
    SHOW(core.rlim_max);
    // The stack of the first thread: lower, and back.
    struct rlimit stack, before;
    SHOW(getrlimit(RLIMIT_STACK, &before));
    stack = before;
    stack.rlim_cur = 1 << 20;
    SHOW(setrlimit(RLIMIT_STACK, &stack));
    SHOW(getrlimit(RLIMIT_STACK, &stack));
    SHOW(stack.rlim_cur);
    SHOW(setrlimit(RLIMIT_STACK, &before));
    SHOW(prlimit(0, 99, NULL, &stack));
    SHOW(setrlimit(-1, &stack));
    SHOW(prlimit(1 << 30, RLIMIT_CPU, NULL, &stack));
    return 0;
}
