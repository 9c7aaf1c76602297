// Handlers run in reverse order, and exit may be called in one.
#include "../show.h"

static void first(void)
{
    puts("first");
}

static void second(void)
{
    puts("second");
    fflush(stdout);
    exit(7);
}

static void third(void)
{
    puts("third");
    atexit(first);
}

int main(void)
{
    SHOW(atexit(first));
    SHOW(atexit(second));
    SHOW(atexit(third));
    return 0;
}
