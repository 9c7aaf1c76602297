// Stack memory of a size that is known late.
#include "../show.h"

static unsigned fill(size_t n)
{
    unsigned char array[n], *more = __builtin_alloca(n * 2);
    memset(array, 1, n);
    memset(more, 2, n * 2);
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += array[i] + more[i] + more[n + i];
    return sum;
}

int main(void)
{
    for (size_t n = 1; n < 300000; n = n * 3 + 1)
        SHOW(fill(n));
    return 0;
}
