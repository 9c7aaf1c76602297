// Bytes go in at one end and come out at the other.
#include "../show.h"

int main(void)
{
    char buffer[16];
    int ends[2];
    SHOW(pipe(ends));
    SHOW(write(ends[1], "through", 7));
    SHOW(read(ends[0], buffer, 4));
    SHOW(read(ends[0], buffer + 4, 12));
    show_bytes("read", buffer, 7);
    SHOW(close(ends[1]));
    SHOW(read(ends[0], buffer, 4));
    SHOW(write(ends[0], "x", 1));
    SHOW(pipe((int *)8));
    SHOW(pipe2(ends, 0x400));
    return 0;
}
