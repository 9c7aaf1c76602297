// Eighty bits.
#include "../show.h"
#include <math.h>

int main(void)
{
    volatile long double x = 2, y = 1e-3L;
    printf("%La %La %La %La\n", sqrtl(x), expl(y), sinl(x), powl(x, y));
    printf("%.21Lg %.21Lg\n", x / 3, logl(x));
    printf("%lld %d\n", llrintl(1e15L + 0.5L), (int)ilogbl(1e4000L));
    SHOW((long double)(1ull << 63) == 9223372036854775808.0L);
    SHOW((unsigned long long)(18446744073709551615.0L) == ULLONG_MAX);
    printf("%La\n", fmodl(1e30L, 7));
    return 0;
}
