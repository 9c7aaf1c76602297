// Data that moves without being read.
#include "../show.h"

int main(void)
{
    int first[2], second[2];
    char buffer[32] = "";
    make("file", "0123456789abcdef");
    int fd = open("file", O_RDWR);
    SHOW(pipe(first));
    SHOW(pipe(second));
    loff_t at = 4;
    SHOW(splice(fd, &at, first[1], NULL, 8, 0));
    SHOW(at);
    SHOW(tee(first[0], second[1], 5, 0));
    SHOW(read(first[0], buffer, sizeof buffer));
    show_bytes("first", buffer, 8);
    at = 0;
    SHOW(splice(second[0], NULL, fd, &at, 5, SPLICE_F_MOVE));
    SHOW(pread(fd, buffer, 16, 0));
    show_bytes("file", buffer, 16);
    SHOW(splice(second[0], NULL, fd, NULL, 5, SPLICE_F_NONBLOCK));
    SHOW(splice(fd, NULL, fd, NULL, 5, 0));
    SHOW(tee(fd, second[1], 5, 0));
    SHOW(splice(second[0], &at, fd, NULL, 5, 0));
    SHOW(splice(99, NULL, fd, NULL, 5, 0));
    return 0;
}
