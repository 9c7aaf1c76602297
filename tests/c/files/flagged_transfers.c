// Reading and writing with flags.
#include "../show.h"
#include <sys/syscall.h>

static long transfer(long call, int fd, struct iovec *pieces, int count, long at, int flags)
{
    return syscall(call, fd, pieces, count, at, 0, flags);
}

int main(void)
{
    char a[4] = "", b[8] = "";
    make("file", "0123456789");
    int fd = open("file", O_RDWR);
    struct iovec in[] = {{a, 3}, {b, 4}};
    SHOW(transfer(SYS_preadv2, fd, in, 2, 1, 0));
    show_bytes("a", a, 3);
    show_bytes("b", b, 4);
    SHOW(transfer(SYS_preadv2, fd, in, 1, -1, 0));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(transfer(SYS_preadv2, fd, in, 1, 0, 1 << 20));
    SHOW(transfer(SYS_preadv2, fd, in, 1, -2, 0));
    struct iovec out[] = {{"XY", 2}, {"Z", 1}};
    SHOW(transfer(SYS_pwritev2, fd, out, 2, 0, 2));
    SHOW(transfer(SYS_pwritev2, fd, out, 2, 0, 16)); // RWF_APPEND
    SHOW(pread(fd, b, 8, 8));
    show_bytes("end", b, 5);
    SHOW(transfer(SYS_pwritev2, fd, out, -1, 0, 0));
    return 0;
}
