// Time that the processor spends on the program.
#include "../show.h"
#include <sys/resource.h>
#include <sys/times.h>

int main(void)
{
    struct rusage before, after;
    struct tms t;
    volatile unsigned sum = 0;
    SHOW(getrusage(RUSAGE_SELF, &before));
    clock_t start = clock();
    while (clock() - start < CLOCKS_PER_SEC / 50)
        for (int i = 0; i < 1000; i++)
            sum += i;
    SHOW(getrusage(RUSAGE_SELF, &after));
    long long used = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000ll + after.ru_utime.tv_usec -
                     before.ru_utime.tv_usec + (after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1000000ll +
                     after.ru_stime.tv_usec - before.ru_stime.tv_usec;
    SHOW(used > 0 && used < 5000000);
    SHOW(times(&t) != (clock_t)-1);
    SHOW(getrusage(77, &after));
    SHOW(getrusage(RUSAGE_CHILDREN, &after));
    SHOW(after.ru_utime.tv_sec);
    return 0;
}
