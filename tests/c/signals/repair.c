// A handler repairs what the fault was about, and the instruction is done again.
#include "../show.h"

static char *p;
static volatile int faults;

static void handler(int signal, siginfo_t *info, void *context)
{
    faults++;
    mprotect((void *)((uintptr_t)info->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    p = mmap(NULL, 16 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 16 * 4096; i += 512)
        p[i] = i >> 9;
    int sum = 0;
    for (int i = 0; i < 16 * 4096; i += 512)
        sum += p[i];
    SHOW(faults);
    SHOW(sum);
    return 0;
}
