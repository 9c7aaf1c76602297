// A file is written, read back and gone.
#include "../show.h"

int main(void)
{
    char buffer[32];
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    SHOW(fd >= 0);
    SHOW(write(fd, "hello, file", 11));
    SHOW(read(fd, buffer, sizeof buffer));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(read(fd, buffer, sizeof buffer));
    show_bytes("read", buffer, 11);
    SHOW(read(fd, buffer, sizeof buffer));
    SHOW(close(fd));
    SHOW(close(fd));
    SHOW(unlink("f"));
    SHOW(open("f", O_RDONLY));
    return 0;
}
