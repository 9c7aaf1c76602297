// Numbers that are no descriptors.
#include "../show.h"
#include <sys/ioctl.h>

int main(void)
{
    int numbers[] = {-1, 77, 1 << 20, INT_MAX, INT_MIN};
    struct stat s;
    char c;
    for (int i = 0; i < 5; i++) {
        int fd = numbers[i];
        SHOW(read(fd, &c, 1));
        SHOW(close(fd));
        SHOW(fstat(fd, &s));
        SHOW(lseek(fd, 0, SEEK_SET));
        SHOW(dup(fd));
        SHOW(fcntl(fd, F_GETFL));
        SHOW(ioctl(fd, FIONREAD, &c));
        SHOW(fsync(fd));
        SHOW(ftruncate(fd, 0));
        SHOW(fchmod(fd, 0));
        SHOW(fchdir(fd));
        SHOW(openat(fd, "x", O_RDONLY));
        SHOW(openat(fd, "/", O_RDONLY) >= 0);
    }
    return 0;
}
