// SIGFPE.
#include "../show.h"

static sigjmp_buf place;
static volatile int code;

static void handler(int signal, siginfo_t *info, void *context)
{
    code = info->si_code;
    siglongjmp(place, 1);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGFPE, &action, NULL);
    volatile int zero = 0, one = 1;
    if (sigsetjmp(place, 1) == 0)
        printf("%d\n", one / zero);
    else
        SHOW(code == FPE_INTDIV);
    return 0;
}
