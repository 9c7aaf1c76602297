// The size of a pipe's buffer, which the program may lower.
#include "../show.h"

int main(void)
{
    int ends[2];
    char buffer[8192] = {0};
    SHOW(pipe2(ends, O_NONBLOCK));
    SHOW(fcntl(ends[0], F_GETPIPE_SZ));
    SHOW(fcntl(ends[1], F_SETPIPE_SZ, 5000));
    SHOW(fcntl(ends[0], F_GETPIPE_SZ));
    SHOW(write(ends[1], buffer, sizeof buffer));
    SHOW(write(ends[1], buffer, 1));
    SHOW(fcntl(ends[1], F_SETPIPE_SZ, 4096));
    SHOW(fcntl(ends[1], F_SETPIPE_SZ, 65536));
    SHOW(write(ends[1], buffer, 1));
    SHOW(fcntl(open("f", O_CREAT | O_RDWR, 0600), F_SETPIPE_SZ, 4096));
    SHOW(fcntl(99, F_SETPIPE_SZ, 4096));
    return 0;
}
