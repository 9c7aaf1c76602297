// select says the same.
#include "../show.h"
#include <sys/select.h>

int main(void)
{
    int ends[2];
    fd_set in, out;
    SHOW(pipe(ends));
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(ends[0], &in);
    FD_SET(ends[1], &out);
    SHOW(select(ends[1] + 1, &in, &out, NULL, &(struct timeval){0, 0}));
    SHOW(FD_ISSET(ends[0], &in) != 0);
    SHOW(FD_ISSET(ends[1], &out) != 0);
    write(ends[1], "x", 1);
    FD_SET(ends[0], &in);
    SHOW(select(ends[1] + 1, &in, NULL, NULL, NULL));
    SHOW(FD_ISSET(ends[0], &in) != 0);
    SHOW(select(0, NULL, NULL, NULL, &(struct timeval){0, 1000}));
    SHOW(pselect(ends[1] + 1, &in, NULL, NULL, &(struct timespec){0, 1000}, NULL));
    // Closed, and not beyond the kernel's table of descriptors, whose rest select leaves out.
    int closed = dup(ends[0]);
    SHOW(close(closed));
    FD_SET(closed, &in);
    SHOW(select(closed + 1, &in, NULL, NULL, &(struct timeval){0, 0}));
    SHOW(select(-1, NULL, NULL, NULL, &(struct timeval){0, 0}));
    return 0;
}
