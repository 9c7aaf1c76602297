// poll says what can be done.
#include "../show.h"

int main(void)
{
    int ends[2];
    char c;
    SHOW(pipe(ends));
    struct pollfd p[3] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}, {-1, POLLIN, 7}};
    SHOW(poll(p, 3, 0));
    printf("%x %x %x\n", p[0].revents, p[1].revents, p[2].revents);
    SHOW(write(ends[1], "x", 1));
    SHOW(poll(p, 3, 1000));
    printf("%x %x\n", p[0].revents, p[1].revents);
    SHOW(read(ends[0], &c, 1));
    SHOW(poll(p, 1, 10));
    SHOW(close(ends[1]));
    SHOW(poll(p, 2, 0));
    printf("%x %x\n", p[0].revents, p[1].revents);
    SHOW(poll(NULL, 0, 5));
    SHOW(poll((void *)8, 1, 0));
    SHOW(ppoll(p, 1, &(struct timespec){0, 1000}, NULL));
    return 0;
}
