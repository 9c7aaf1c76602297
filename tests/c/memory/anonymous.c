// Fresh pages are zero, and go away.
#include "../show.h"

int main(void)
{
    size_t len = 1 << 20, sum = 0;
    unsigned char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(p != MAP_FAILED);
    for (size_t i = 0; i < len; i += 512)
        sum += p[i];
    SHOW(sum);
    memset(p, 7, len);
    SHOW(munmap(p, len / 2));
    SHOW(p[len / 2]);
    unsigned char *q = mmap(p, len / 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    SHOW(q == p);
    SHOW(p[0]);
    SHOW(munmap(p, len));
    SHOW(munmap(p, len));
    SHOW(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    SHOW(munmap((char *)p + 1, 4096));
    SHOW(munmap(p, 0));
    return 0;
}
