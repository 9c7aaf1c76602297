/* A library that does not come back: deadline.rs. */
#include <unistd.h>

unsigned spin(void)
{
    volatile unsigned n = 0;
    for (;;)
        n++;
    return n;
}

void wait(void)
{
    for (;;)
        sleep(1000);
}

int quick(int n)
{
    return n * 2;
}
