// Space is set aside.
#include "../show.h"

int main(void)
{
    struct stat s;
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    SHOW(posix_fallocate(fd, 0, 10000));
    fstat(fd, &s);
    SHOW(s.st_size);
    SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 100000));
    fstat(fd, &s);
    SHOW(s.st_size);
    SHOW(fallocate(fd, 0, 0, 0));
    SHOW(fallocate(fd, 0, -1, 10));
    SHOW(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
    return 0;
}
