// madvise: what is dropped comes back zero.
#include "../show.h"

int main(void)
{
    unsigned char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(p, 3, 65536);
    SHOW(madvise(p, 4096, MADV_DONTNEED));
    SHOW(p[0]);
    SHOW(p[4096]);
    SHOW(madvise(p, 65536, MADV_WILLNEED));
    SHOW(madvise(p, 65536, MADV_SEQUENTIAL));
    SHOW(madvise(p + 1, 4096, MADV_DONTNEED));
    SHOW(madvise(p, 4096, 9999));
    SHOW(posix_madvise(p, 4096, POSIX_MADV_NORMAL));
    return 0;
}
