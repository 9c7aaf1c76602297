// sigsuspend lets a blocked signal in, and blocks it again.
#include "../show.h"

static volatile int count;

static void handler(int signal)
{
    count++;
}

int main(void)
{
    sigset_t set, none;
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    signal(SIGUSR1, handler);
    SHOW(sigprocmask(SIG_BLOCK, &set, NULL));
    raise(SIGUSR1);
    SHOW(count);
    SHOW(sigsuspend(&none));
    SHOW(count);
    raise(SIGUSR1);
    SHOW(count);
    return 0;
}
