// Too much is refused, and the program goes on.
#include "../show.h"

int main(void)
{
    SHOW(malloc((size_t)1 << 46) == NULL);
    SHOW(errno == ENOMEM);
    SHOW(calloc((size_t)-1, 16) == NULL);
    SHOW(mmap(NULL, (size_t)1 << 47, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    SHOW(mmap(NULL, (size_t)-1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    volatile char *p = calloc(100, 1 << 20);
    SHOW(p != NULL);
    p[(100 << 20) - 1] = 1;
    SHOW(p[50 << 20]);
    free((void *)p);
    return 0;
}
