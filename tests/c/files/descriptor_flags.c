// fcntl: flags of descriptors and of files.
#include "../show.h"

int main(void)
{
    int fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_SETFD, 0));
    SHOW(fcntl(fd, F_GETFD));
    int high = fcntl(fd, F_DUPFD, 30);
    SHOW(high);
    SHOW(fcntl(fd, F_DUPFD_CLOEXEC, 30));
    SHOW(fcntl(31, F_GETFD));
    SHOW(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
    SHOW(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
    SHOW(fcntl(high, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
    SHOW(fcntl(fd, F_DUPFD, -1));
    SHOW(fcntl(77, F_GETFD));
    SHOW(fcntl(fd, 9999));
    return 0;
}
