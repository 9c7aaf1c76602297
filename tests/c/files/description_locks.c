// Locks of open file descriptions do exclude each other.
#include "../show.h"

int main(void)
{
    make("f", "0123456789");
    int fd = open("f", O_RDWR), other = open("f", O_RDWR);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 3};
    SHOW(fcntl(fd, F_OFD_SETLK, &lock));
    SHOW(fcntl(other, F_OFD_SETLK, &lock));
    lock.l_start = 5;
    SHOW(fcntl(other, F_OFD_SETLK, &lock));
    lock.l_start = 0;
    lock.l_len = 0;
    SHOW(fcntl(other, F_OFD_GETLK, &lock));
    SHOW(lock.l_type == F_WRLCK && lock.l_start == 2 && lock.l_len == 3);
    SHOW(close(fd));
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
    SHOW(fcntl(other, F_OFD_SETLK, &lock));
    return 0;
}
