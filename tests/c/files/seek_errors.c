// lseek that cannot be.
#include "../show.h"

int main(void)
{
    make("f", "abc");
    int fd = open("f", O_RDONLY), ends[2];
    SHOW(lseek(fd, -1, SEEK_SET));
    SHOW(lseek(fd, 10, SEEK_SET));
    SHOW(lseek(fd, -11, SEEK_CUR));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(lseek(fd, 0, 77));
    SHOW(lseek(99, 0, SEEK_SET));
    SHOW(pipe(ends));
    SHOW(lseek(ends[0], 0, SEEK_CUR));
    SHOW(pread(ends[0], &fd, 1, 0));
    return 0;
}
