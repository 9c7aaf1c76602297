// The allocator, large and small, and memory mappings.
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int main(void) {
    enum { N = 2000 };
    static unsigned char *blocks[N];
    static size_t sizes[N];
    uint32_t seed = 1, sum = 0;
    for (int round = 0; round < 20; round++)
        for (int i = 0; i < N; i++) {
            seed = seed * 1664525 + 1013904223;
            size_t size = (seed >> 8) % (seed % 50 ? 300 : 200000);
            if (blocks[i]) {
                for (size_t j = 0; j < sizes[i]; j += 97)
                    if (blocks[i][j] != (unsigned char)i) return 1;
                sum += (uint32_t)sizes[i];
            }
            blocks[i] = realloc(blocks[i], size + 1);
            if (!blocks[i]) return 2;
            sizes[i] = size;
            memset(blocks[i], i, size);
        }
    for (int i = 0; i < N; i++) free(blocks[i]);
    printf("%u\n", sum);

    size_t size = 64 << 20;
    unsigned char *p = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return 3;
    for (size_t i = 0; i < size; i += 4096) if (p[i]) return 4;
    p[0] = 1, p[size - 1] = 2;
    p = mremap(p, size, 2 * size, MREMAP_MAYMOVE);
    if (p == MAP_FAILED) return 5;
    printf("%d %d %d\n", p[0], p[size - 1], p[2 * size - 1]);
    printf("%d\n", mprotect(p, 4096, PROT_READ));
    printf("%d\n", madvise(p + 4096, 4096, MADV_DONTNEED));
    printf("%d\n", munmap(p, 2 * size));
    int r = munmap((char *)1, 4096);
    printf("%d %d\n", r, errno == EINVAL);
    void *volatile big = malloc((size_t)1 << 60);
    printf("%d\n", big == 0);
    void *aligned = aligned_alloc(1 << 16, 1 << 16);
    printf("%d\n", (int)((uintptr_t)aligned & 0xffff));
    free(aligned);
    return 0;
}
