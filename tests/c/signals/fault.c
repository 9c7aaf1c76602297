// A handler for SIGSEGV leaves by siglongjmp.
#include "../show.h"

static sigjmp_buf place;
static void *volatile address;
static volatile int code;

static void handler(int signal, siginfo_t *info, void *context)
{
    address = info->si_addr;
    code = info->si_code;
    siglongjmp(place, signal);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    char *p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(p + 4096, 4096);
    for (volatile int i = 0; i < 3; i++) {
        char *volatile at = p + (i == 0 ? 5 : 4096 + i);
        if (sigsetjmp(place, 1) == 0) {
            *at = 1;
            puts("not reached");
        } else {
            printf("fault at %ld, code %d\n", (long)((char *)address - p), code);
        }
    }
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    SHOW(sigismember(&now, SIGSEGV));
    return 0;
}
