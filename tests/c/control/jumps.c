// setjmp and longjmp, also out of deep calls.
#include "../show.h"

static jmp_buf place;

static int down(int n)
{
    volatile char frame[100];
    frame[n % 100] = n;
    if (n == 0)
        longjmp(place, 42);
    return down(n - 1) + frame[n % 100];
}

int main(void)
{
    volatile int rounds = 0;
    int value = setjmp(place);
    printf("%d\n", value);
    rounds++;
    if (rounds < 5)
        down(rounds * 50);
    SHOW(rounds);
    value = setjmp(place);
    if (value == 0)
        longjmp(place, 0);
    SHOW(value);
    return 0;
}
