// Many descriptors are closed at once.
#include "../show.h"
#include <sys/syscall.h>
#define close_range(first, last, flags) syscall(SYS_close_range, first, last, flags)

int main(void)
{
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    for (int i = 40; i < 50; i++)
        dup2(fd, i);
    SHOW(close_range(42, 44, 0));
    SHOW(fcntl(41, F_GETFD));
    SHOW(fcntl(42, F_GETFD));
    SHOW(fcntl(45, F_GETFD));
    SHOW(close_range(46, 60, 4));
    SHOW(fcntl(47, F_GETFD));
    SHOW(close_range(50, 40, 0));
    SHOW(close_range(45, ~0u, 0));
    SHOW(fcntl(49, F_GETFD));
    return 0;
}
