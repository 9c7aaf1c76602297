// Wide products, quotients, overflow, bits.
#include "../show.h"

int main(void)
{
    uint64_t a = 0xfedcba9876543210, b = 0x123456789abcdef;
    unsigned __int128 p = (unsigned __int128)a * b;
    printf("%llx %llx\n", (unsigned long long)(p >> 64), (unsigned long long)p);
    printf("%llx %llx\n", (unsigned long long)(p / 12345), (unsigned long long)(p % 0x1000000000000061));
    __int128 n = -(__int128)p / 77;
    printf("%llx %lld\n", (unsigned long long)n, (long long)(n % 1000003));
    int r;
    SHOW(__builtin_add_overflow(INT_MAX, 1, &r));
    SHOW(__builtin_mul_overflow(46341, 46341, &r));
    SHOW(__builtin_sub_overflow(INT_MIN, 1, &r));
    SHOW(__builtin_popcountll(a));
    SHOW(__builtin_clzll(b));
    SHOW(__builtin_ctzll(a));
    SHOW(__builtin_bswap64(a) == 0x1032547698badcfe);
    SHOW(ffsll(0x100));
    div_t d = div(-7, 2);
    printf("%d %d\n", d.quot, d.rem);
    return 0;
}
