// How much there is to read.
#include "../show.h"
#include <sys/ioctl.h>

int main(void)
{
    int ends[2], n = -1;
    char c;
    SHOW(pipe(ends));
    SHOW(ioctl(ends[0], FIONREAD, &n));
    SHOW(n);
    SHOW(write(ends[1], "12345", 5));
    SHOW(ioctl(ends[0], FIONREAD, &n));
    SHOW(n);
    n = 1;
    SHOW(ioctl(ends[0], FIONBIO, &n));
    SHOW(read(ends[0], &c, 1));
    SHOW(ioctl(ends[0], 0x12345678, &n));
    SHOW(ioctl(99, FIONREAD, &n));
    SHOW(isatty(ends[0]));
    return 0;
}
