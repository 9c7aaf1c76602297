// Signals that are taken instead of handled.
#include "../show.h"

int main(void)
{
    sigset_t set;
    siginfo_t info;
    int signal;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    SHOW(sigprocmask(SIG_BLOCK, &set, NULL));
    raise(SIGUSR2);
    SHOW(sigwait(&set, &signal));
    SHOW(signal == SIGUSR2);
    kill(getpid(), SIGUSR1);
    SHOW(sigwaitinfo(&set, &info) == SIGUSR1);
    SHOW(info.si_code == SI_USER);
    SHOW(sigtimedwait(&set, &info, &(struct timespec){0, 1000000}));
    SHOW(sigtimedwait(&set, &info, &(struct timespec){0, 0}));
    return 0;
}
