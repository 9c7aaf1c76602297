// RLIMIT_DATA: memory of its own that a program may write.
#include "../show.h"
#include <sys/mman.h>
#include <sys/resource.h>

enum { MANY = 64 << 20, FEW = 1 << 20 };

static void *map(int protection, int flags)
{
    return mmap(NULL, MANY, protection, flags | MAP_ANONYMOUS, -1, 0);
}

int main(void)
{
    struct rlimit limit;
    SHOW(getrlimit(RLIMIT_DATA, &limit));
    SHOW(limit.rlim_cur == RLIM_INFINITY);
    void *before = map(PROT_READ | PROT_WRITE, MAP_PRIVATE);
    SHOW(before != MAP_FAILED);
    limit.rlim_cur = 32 << 20;
    SHOW(setrlimit(RLIMIT_DATA, &limit));
    SHOW(getrlimit(RLIMIT_DATA, &limit));
    SHOW(limit.rlim_cur);
    // There is more already: it stays.
    memset(before, 1, MANY);
    SHOW(malloc(FEW) == NULL || 1);
    SHOW(munmap(before, MANY));
    SHOW(malloc(MANY) == NULL);
    SHOW(malloc(FEW) != NULL);
    SHOW(map(PROT_READ | PROT_WRITE, MAP_PRIVATE) == MAP_FAILED);
    void *reserved = map(PROT_NONE, MAP_PRIVATE);
    SHOW(reserved != MAP_FAILED);
    SHOW(map(PROT_READ, MAP_PRIVATE) != MAP_FAILED);
    SHOW(mprotect(reserved, FEW, PROT_READ | PROT_WRITE));
    SHOW(mprotect(reserved, MANY, PROT_READ | PROT_WRITE));
    SHOW(mprotect(reserved, FEW, PROT_READ));
    char *small = mmap(NULL, FEW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(small != MAP_FAILED);
    SHOW(mremap(small, FEW, MANY, MREMAP_MAYMOVE) == MAP_FAILED);
    SHOW(sbrk(MANY) == (void *)-1);
    limit.rlim_cur = limit.rlim_max;
    SHOW(setrlimit(RLIMIT_DATA, &limit));
    SHOW(mprotect(reserved, MANY, PROT_READ | PROT_WRITE));
    return 0;
}
