// epoll: interest, level and edge.
#include "../show.h"
#include <sys/epoll.h>

int main(void)
{
    int ends[2];
    char c;
    struct epoll_event e, found[4];
    SHOW(pipe2(ends, O_NONBLOCK));
    int fd = epoll_create1(EPOLL_CLOEXEC);
    SHOW(fd >= 0);
    e = (struct epoll_event){EPOLLIN, {.u64 = 0x123456789abcdef0}};
    SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &e));
    SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &e));
    SHOW(epoll_wait(fd, found, 4, 0));
    write(ends[1], "xy", 2);
    SHOW(epoll_wait(fd, found, 4, 1000));
    SHOW(found[0].data.u64 == 0x123456789abcdef0 && found[0].events == EPOLLIN);
    SHOW(epoll_wait(fd, found, 4, 0));
    e.events = EPOLLIN | EPOLLET;
    SHOW(epoll_ctl(fd, EPOLL_CTL_MOD, ends[0], &e));
    SHOW(epoll_wait(fd, found, 4, 0));
    SHOW(epoll_wait(fd, found, 4, 0));
    SHOW(read(ends[0], &c, 1));
    SHOW(epoll_ctl(fd, EPOLL_CTL_DEL, ends[0], NULL));
    SHOW(epoll_ctl(fd, EPOLL_CTL_DEL, ends[0], NULL));
    SHOW(epoll_wait(fd, found, 0, 0));
    SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, fd, &e));
    SHOW(epoll_ctl(99, EPOLL_CTL_ADD, ends[0], &e));
    return 0;
}
