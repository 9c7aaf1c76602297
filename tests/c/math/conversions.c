// Between kinds of numbers.
#include "../show.h"

int main(void)
{
    double values[] = {0.5, 1.5, -1.5, 2147483647.5, -2147483648.5, 4294967295.0, 9.2e18, 1.8e19};
    for (int i = 0; i < 8; i++) {
        volatile double d = values[i];
        printf("%lld %a", d < 9.2e18 ? (long long)d : 0, (double)(float)d);
        if (d >= 0)
            printf(" %llu", (unsigned long long)d);
        puts("");
    }
    volatile uint64_t big = UINT64_MAX;
    volatile int64_t low = INT64_MIN;
    printf("%a %a %a %a\n", (double)big, (double)(float)big, (double)low, (double)(uint32_t)big);
    return 0;
}
