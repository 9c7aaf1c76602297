// Sparse files: large offsets, and where the data is.
#include "../show.h"

int main(void)
{
    struct stat s;
    char buffer[4];
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    SHOW(pwrite(fd, "end", 3, (off_t)5 << 30));
    SHOW(fstat(fd, &s));
    SHOW(s.st_size);
    SHOW(s.st_blocks < 10000);
    SHOW(lseek(fd, -3, SEEK_END));
    SHOW(read(fd, buffer, 3));
    show_bytes("end", buffer, 3);
    SHOW(pread(fd, buffer, 4, (off_t)1 << 31));
    show_bytes("hole", buffer, 4);
    SHOW(lseek(fd, 0, SEEK_HOLE));
    SHOW(lseek(fd, (off_t)6 << 30, SEEK_DATA));
    SHOW(ftruncate(fd, 0));
    return 0;
}
