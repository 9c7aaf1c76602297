// Sets of descriptors in sets.
#include "../show.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

int main(void)
{
    int inner = epoll_create1(0), outer = epoll_create1(EPOLL_CLOEXEC), counter = eventfd(0, 0);
    struct epoll_event wanted = {.events = EPOLLIN, .data.u64 = 0x123456789abcdef0}, found[4] = {0};
    SHOW(epoll_ctl(inner, EPOLL_CTL_ADD, counter, &wanted));
    wanted.data.u32 = 7;
    SHOW(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &wanted));
    SHOW(epoll_ctl(inner, EPOLL_CTL_ADD, outer, &wanted));
    SHOW(epoll_ctl(inner, EPOLL_CTL_ADD, inner, &wanted));
    SHOW(epoll_wait(outer, found, 4, 0));
    SHOW(eventfd_write(counter, 1));
    SHOW(epoll_wait(outer, found, 4, -1));
    SHOW(found[0].data.u32);
    SHOW(epoll_wait(inner, found, 4, -1));
    SHOW(found[0].data.u64 == 0x123456789abcdef0);
    // Told once.
    wanted.events = EPOLLIN | EPOLLONESHOT;
    SHOW(epoll_ctl(inner, EPOLL_CTL_MOD, counter, &wanted));
    SHOW(epoll_wait(inner, found, 4, 0));
    SHOW(epoll_wait(inner, found, 4, 0));
    SHOW(epoll_wait(inner, found, 0, 0));
    SHOW(epoll_wait(counter, found, 4, 0));
    SHOW(epoll_ctl(inner, EPOLL_CTL_DEL, counter, NULL));
    SHOW(epoll_ctl(inner, EPOLL_CTL_DEL, counter, NULL));
    return 0;
}
