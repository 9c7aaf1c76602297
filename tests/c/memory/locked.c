// Pages that stay in memory.
#include "../show.h"

int main(void)
{
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(mlock(p, 4096));
    p[0] = 1;
    SHOW(munlock(p, 4096));
    SHOW(munmap(p, 8192));
    return 0;
}
