// mremap grows, shrinks and moves.
#include "../show.h"

int main(void)
{
    unsigned char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(p, 5, 8192);
    p = mremap(p, 8192, 1 << 20, MREMAP_MAYMOVE);
    SHOW(p != MAP_FAILED);
    SHOW(p[8191]);
    SHOW(p[8192]);
    p[(1 << 20) - 1] = 9;
    p = mremap(p, 1 << 20, 4096, 0);
    SHOW(p != MAP_FAILED);
    SHOW(p[4095]);
    char *wall = mmap(p + 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    SHOW(wall == (char *)p + 4096);
    SHOW(mremap(p, 4096, 8192, 0) == MAP_FAILED);
    SHOW(mremap(p, 4096, 0, 0) == MAP_FAILED);
    SHOW(mremap(p + 1, 4096, 8192, MREMAP_MAYMOVE) == MAP_FAILED);
    return 0;
}
