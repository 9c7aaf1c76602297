// Handlers that reset themselves, nest, or do not.
#include "../show.h"

static volatile int depth, deepest, count;

static void handler(int signal)
{
    count++;
    if (++depth > deepest)
        deepest = depth;
    if (count < 4)
        raise(signal);
    depth--;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler}, now;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    printf("%d calls, %d deep\n", count, deepest);
    count = deepest = 0;
    action.sa_flags = SA_NODEFER;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    printf("%d calls, %d deep\n", count, deepest);
    count = 3;
    action.sa_flags = SA_RESETHAND;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &now);
    SHOW(now.sa_handler == SIG_DFL);
    return 0;
}
