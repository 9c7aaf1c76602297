// A handler on a stack of its own survives that the program's runs out.
#include "../show.h"

static sigjmp_buf place;
static char *low, *high;
static volatile int inside;

static void handler(int signal)
{
    char here;
    inside = &here >= low && &here < high;
    siglongjmp(place, 1);
}

static int deeper(int n)
{
    volatile char frame[1000];
    frame[n % 1000] = 1;
    return deeper(n + 1) + frame[n % 1000];
}

int main(void)
{
    stack_t stack = {.ss_size = 65536}, old;
    low = stack.ss_sp = malloc(stack.ss_size);
    high = low + stack.ss_size;
    SHOW(sigaltstack(&stack, NULL));
    SHOW(sigaltstack(NULL, &old));
    SHOW(old.ss_sp == stack.ss_sp && old.ss_size == stack.ss_size && old.ss_flags == 0);
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    sigaction(SIGSEGV, &action, NULL);
    for (volatile int i = 0; i < 2; i++)
        if (sigsetjmp(place, 1) == 0)
            deeper(0);
        else
            SHOW(inside);
    stack.ss_size = 100;
    SHOW(sigaltstack(&stack, NULL));
    stack.ss_flags = SS_DISABLE;
    SHOW(sigaltstack(&stack, NULL));
    SHOW(sigaltstack(NULL, &old));
    SHOW(old.ss_flags == SS_DISABLE);
    return 0;
}
