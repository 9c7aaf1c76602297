// What a handler changes in the context counts.
#include "../show.h"
#include <ucontext.h>
static void handler(int signal, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    // ud2 has two bytes; the label behind it starts a bundle.
    u->uc_mcontext.gregs[REG_RIP] = (u->uc_mcontext.gregs[REG_RIP] + 32) & ~31ll;
    u->uc_mcontext.gregs[REG_RBX] += 5;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGILL, &action, NULL);
    long value = 37;
    __asm__ volatile(".p2align 5\n\tud2\n\t.p2align 5\n\t" : "+b"(value) : : "memory", "cc");
    SHOW(value);
    return 0;
}
