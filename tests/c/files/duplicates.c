// Descriptors that share a position.
#include "../show.h"

int main(void)
{
    char buffer[4] = "";
    make("f", "abcdefgh");
    int fd = open("f", O_RDONLY);
    int other = dup(fd);
    SHOW(other - fd);
    SHOW(read(fd, buffer, 3));
    SHOW(read(other, buffer, 3));
    show_bytes("second", buffer, 3);
    SHOW(dup2(fd, 50));
    SHOW(lseek(50, 0, SEEK_CUR));
    SHOW(dup2(fd, fd) == fd);
    SHOW(dup3(fd, fd, 0));
    SHOW(dup3(fd, 51, O_CLOEXEC));
    SHOW(fcntl(51, F_GETFD));
    SHOW(fcntl(50, F_GETFD));
    SHOW(dup2(99, 52));
    SHOW(dup2(fd, -1));
    SHOW(close(fd));
    SHOW(lseek(other, 0, SEEK_CUR));
    return 0;
}
