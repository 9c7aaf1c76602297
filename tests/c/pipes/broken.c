// Writing where nobody reads.
#include "../show.h"

int main(void)
{
    int ends[2];
    SHOW(signal(SIGPIPE, SIG_IGN) == SIG_DFL);
    SHOW(pipe(ends));
    SHOW(close(ends[0]));
    SHOW(write(ends[1], "x", 1));
    struct pollfd p = {ends[1], POLLOUT, 0};
    SHOW(poll(&p, 1, 0));
    printf("%x\n", p.revents);
    return 0;
}
