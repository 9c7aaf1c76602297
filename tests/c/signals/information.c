// A handler that wants to know gets the signal, its cause and its sender.
#include "../show.h"

static volatile int code, value;
static volatile pid_t sender;

static void handler(int signal, siginfo_t *info, void *context)
{
    code = info->si_code;
    sender = info->si_pid;
    value = info->si_value.sival_int;
    printf("%d %d\n", signal == info->si_signo, context != NULL);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO}, old;
    SHOW(sigaction(SIGUSR2, &action, NULL));
    SHOW(sigaction(SIGUSR2, NULL, &old));
    SHOW(old.sa_sigaction == handler && (old.sa_flags & SA_SIGINFO) != 0);
    SHOW(kill(getpid(), SIGUSR2));
    SHOW(code == SI_USER);
    SHOW(sender == getpid());
    SHOW(sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 42}));
    SHOW(code == SI_QUEUE);
    SHOW(value);
    SHOW(raise(SIGUSR2));
    SHOW(code == SI_TKILL);
    return 0;
}
