// Record locks within one process do not exclude each other; bad ones are refused.
#include "../show.h"

int main(void)
{
    make("f", "0123456789");
    int fd = open("f", O_RDWR), other = open("f", O_RDWR);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 3};
    SHOW(fcntl(fd, F_SETLK, &lock));
    SHOW(fcntl(other, F_SETLK, &lock));
    lock.l_type = F_WRLCK;
    SHOW(fcntl(other, F_GETLK, &lock));
    SHOW(lock.l_type == F_UNLCK);
    lock.l_type = F_UNLCK;
    SHOW(fcntl(fd, F_SETLKW, &lock));
    lock.l_type = 77;
    SHOW(fcntl(fd, F_SETLK, &lock));
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = -5};
    SHOW(fcntl(fd, F_SETLK, &lock));
    int only_read = open("f", O_RDONLY);
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
    SHOW(fcntl(only_read, F_SETLK, &lock));
    return 0;
}
