// RLIMIT_AS: all that is mapped.
#include "../show.h"
#include <sys/mman.h>
#include <sys/resource.h>

enum { MANY = 256 << 20, FEW = 1 << 20 };

static void *map(size_t bytes, int protection)
{
    return mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(void)
{
    struct rlimit limit;
    SHOW(getrlimit(RLIMIT_AS, &limit));
    SHOW(limit.rlim_cur == limit.rlim_max);
    limit.rlim_cur = 128 << 20;
    SHOW(setrlimit(RLIMIT_AS, &limit));
    SHOW(getrlimit(RLIMIT_AS, &limit));
    SHOW(limit.rlim_cur);
    SHOW(map(MANY, PROT_NONE) == MAP_FAILED);
    SHOW(errno);
    SHOW(malloc(MANY) == NULL);
    char *few = map(FEW, PROT_READ | PROT_WRITE);
    SHOW(few != MAP_FAILED);
    SHOW(mremap(few, FEW, MANY, MREMAP_MAYMOVE) == MAP_FAILED);
    // What is there stays, whatever the limit is then.
    limit.rlim_cur = 4096;
    SHOW(setrlimit(RLIMIT_AS, &limit));
    memset(few, 1, FEW);
    SHOW(map(FEW, PROT_NONE) == MAP_FAILED);
    SHOW(mprotect(few, FEW, PROT_READ));
    SHOW(munmap(few, FEW));
    limit.rlim_cur = limit.rlim_max;
    SHOW(setrlimit(RLIMIT_AS, &limit));
    SHOW(map(MANY, PROT_NONE) != MAP_FAILED);
    return 0;
}
