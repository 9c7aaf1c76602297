// O_APPEND writes at the end, wherever the position is.
#include "../show.h"

int main(void)
{
    char buffer[32];
    make("f", "one");
    int fd = open("f", O_RDWR | O_APPEND);
    SHOW(write(fd, "two", 3));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(write(fd, "three", 5));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(pread(fd, buffer, sizeof buffer, 0));
    show_bytes("file", buffer, 11);
    SHOW(fcntl(fd, F_GETFL) & (O_APPEND | O_ACCMODE));
    SHOW(fcntl(fd, F_SETFL, 0));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(write(fd, "ONE", 3));
    SHOW(pread(fd, buffer, sizeof buffer, 0));
    show_bytes("file", buffer, 11);
    return 0;
}
