// Allocations at multiples of powers of two.
#include "../show.h"

int main(void)
{
    void *p = NULL;
    for (size_t a = 16; a <= 1 << 16; a *= 2) {
        if (posix_memalign(&p, a, 100) != 0 || (uintptr_t)p % a != 0)
            printf("%zu failed\n", a);
        memset(p, 1, 100);
        free(p);
        p = aligned_alloc(a, a * 2);
        if ((uintptr_t)p % a != 0)
            printf("%zu failed\n", a);
        free(p);
    }
    SHOW(posix_memalign(&p, 3, 100));
    SHOW(posix_memalign(&p, 64, (size_t)-1));
    return 0;
}
