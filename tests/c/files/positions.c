// pread and pwrite leave the position alone.
#include "../show.h"

int main(void)
{
    char buffer[16] = "";
    make("f", "abcdefgh");
    int fd = open("f", O_RDWR);
    SHOW(pread(fd, buffer, 3, 5));
    show_bytes("at 5", buffer, 3);
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(pwrite(fd, "XY", 2, 1));
    SHOW(read(fd, buffer, 8));
    show_bytes("all", buffer, 8);
    SHOW(pread(fd, buffer, 3, 100));
    SHOW(pread(fd, buffer, 3, -1));
    SHOW(pwrite(fd, "Z", 1, 12));
    SHOW(pread(fd, buffer, 16, 0));
    show_bytes("with a hole", buffer, 13);
    return 0;
}
