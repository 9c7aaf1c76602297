// A counter that is a descriptor.
#include "../show.h"
#include <sys/eventfd.h>

int main(void)
{
    eventfd_t value = 0;
    int fd = eventfd(3, EFD_NONBLOCK);
    SHOW(fd >= 0);
    SHOW(eventfd_read(fd, &value));
    SHOW(value);
    SHOW(eventfd_read(fd, &value));
    SHOW(eventfd_write(fd, 5));
    SHOW(eventfd_write(fd, 6));
    SHOW(eventfd_read(fd, &value));
    SHOW(value);
    SHOW(write(fd, &value, 4));
    int counter = eventfd(2, EFD_SEMAPHORE);
    SHOW(eventfd_read(counter, &value));
    SHOW(value);
    SHOW(eventfd(0, 0x10000));
    return 0;
}
