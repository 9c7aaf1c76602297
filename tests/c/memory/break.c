// The break moves up and down.
#include "../show.h"

int main(void)
{
    char *start = sbrk(0);
    SHOW(start != (char *)-1);
    SHOW(malloc(100) != NULL);
    SHOW(syscall(12, 0) != 0);
    return 0;
}
