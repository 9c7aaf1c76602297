// Deep recursion, mutual recursion, functions through pointers.
#include "../show.h"

static int odd(int n);

static int even(int n)
{
    return n == 0 ? 1 : odd(n - 1);
}

static int (*volatile evenly)(int) = even;

static int odd(int n)
{
    return n == 0 ? 0 : evenly(n - 1);
}

static int ackermann(int m, int n)
{
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

int main(void)
{
    SHOW(even(100000));
    SHOW(odd(99999));
    SHOW(ackermann(2, 300));
    SHOW(ackermann(3, 6));
    return 0;
}
