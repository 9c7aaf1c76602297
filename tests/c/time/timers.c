// A timer that is a descriptor.
#include "../show.h"
#include <sys/timerfd.h>

int main(void)
{
    uint64_t count = 0;
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    SHOW(fd >= 0);
    SHOW(read(fd, &count, 8));
    struct itimerspec once = {.it_value = {0, 2000000}}, left;
    SHOW(timerfd_settime(fd, 0, &once, NULL));
    struct pollfd p = {fd, POLLIN, 0};
    SHOW(poll(&p, 1, 5000));
    SHOW(read(fd, &count, 8));
    SHOW(count);
    SHOW(timerfd_gettime(fd, &left));
    SHOW(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
    SHOW(read(fd, &count, 4));
    SHOW(timerfd_create(99, 0));
    SHOW(timerfd_settime(0, 0, &once, NULL));
    return 0;
}
