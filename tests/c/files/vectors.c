// readv, writev and their like with positions.
#include "../show.h"

int main(void)
{
    char a[4] = "", b[8] = "", c[2];
    struct iovec out[] = {{"one ", 4}, {"", 0}, {"two ", 4}, {"three", 5}};
    struct iovec in[] = {{a, 3}, {b, 7}, {c, 0}};
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    SHOW(writev(fd, out, 4));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(readv(fd, in, 3));
    show_bytes("a", a, 3);
    show_bytes("b", b, 7);
    SHOW(pwritev(fd, out, 1, 20));
    SHOW(preadv(fd, in, 2, 9));
    show_bytes("a", a, 3);
    show_bytes("b", b, 7);
    SHOW(readv(fd, in, -1));
    SHOW(readv(fd, in, 0));
    SHOW(writev(fd, out, 1025));
    return 0;
}
