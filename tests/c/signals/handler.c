// A handler is called, and the program goes on.
#include "../show.h"

static volatile int seen, count;

static void handler(int signal)
{
    seen = signal;
    count++;
}

int main(void)
{
    SHOW(signal(SIGUSR1, handler) == SIG_DFL);
    SHOW(raise(SIGUSR1));
    SHOW(seen == SIGUSR1);
    SHOW(kill(getpid(), SIGUSR1));
    SHOW(count);
    SHOW(signal(SIGUSR1, SIG_IGN) == handler);
    SHOW(raise(SIGUSR1));
    SHOW(count);
    SHOW(signal(SIGKILL, handler) == SIG_ERR);
    SHOW(raise(0));
    SHOW(raise(99));
    SHOW(kill(getpid(), 0));
    return 0;
}
