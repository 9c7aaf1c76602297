// What a pipe cannot do at once fails.
#include "../show.h"

int main(void)
{
    char block[4096] = "";
    int ends[2];
    long total = 0;
    SHOW(pipe2(ends, O_NONBLOCK | O_CLOEXEC));
    SHOW(read(ends[0], block, 1));
    for (ssize_t n; (n = write(ends[1], block, sizeof block)) > 0;)
        total += n;
    SHOW(errno == EAGAIN);
    SHOW(total);
    SHOW(read(ends[0], block, sizeof block));
    SHOW(write(ends[1], block, sizeof block));
    SHOW(fcntl(ends[0], F_GETFD));
    SHOW(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
    return 0;
}
