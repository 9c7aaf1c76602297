// Real-time signals queue, the lowest first.
#include "../show.h"

static int order[8], n;

static void handler(int signal, siginfo_t *info, void *context)
{
    order[n++] = (signal - SIGRTMIN) * 10 + info->si_value.sival_int;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigset_t all, old;
    sigfillset(&all);
    sigfillset(&action.sa_mask);
    sigaction(SIGRTMIN + 1, &action, NULL);
    sigaction(SIGRTMIN + 2, &action, NULL);
    SHOW(sigprocmask(SIG_BLOCK, &all, &old));
    for (int i = 1; i <= 3; i++) {
        sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = i});
        sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i});
    }
    SHOW(sigprocmask(SIG_SETMASK, &old, NULL));
    for (int i = 0; i < n; i++)
        printf("%d ", order[i]);
    puts("");
    return 0;
}
