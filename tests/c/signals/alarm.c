// alarm ends a pause.
#include "../show.h"

static volatile int seen;

static void handler(int signal)
{
    seen = signal;
}

int main(void)
{
    signal(SIGALRM, handler);
    SHOW(alarm(100));
    SHOW(alarm(0));
    SHOW(ualarm(5000, 0));
    SHOW(pause());
    SHOW(seen == SIGALRM);
    return 0;
}
