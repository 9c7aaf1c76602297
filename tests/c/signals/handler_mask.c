// What is blocked while a handler runs.
#include "../show.h"

static void inner(int signal)
{
    puts("inner");
}

static void outer(int signal)
{
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    printf("outer: %d %d %d\n", sigismember(&now, SIGUSR1), sigismember(&now, SIGUSR2), sigismember(&now, SIGHUP));
    raise(SIGUSR2);
    puts("outer ends");
}

int main(void)
{
    struct sigaction action = {.sa_handler = outer};
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGUSR2, inner);
    raise(SIGUSR1);
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    SHOW(sigismember(&now, SIGUSR1));
    return 0;
}
