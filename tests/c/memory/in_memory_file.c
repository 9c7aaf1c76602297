// A file that has no name, mapped.
#include "../show.h"

int main(void)
{
    char buffer[8] = "";
    int fd = memfd_create("name", MFD_CLOEXEC);
    SHOW(fd >= 0);
    SHOW(ftruncate(fd, 8192));
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    SHOW(p != MAP_FAILED);
    SHOW(p[8191]);
    SHOW(pwrite(fd, "hello", 5, 0));
    SHOW(pread(fd, buffer, 5, 0));
    show_bytes("read", buffer, 5);
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(memfd_create("name", 0x8000));
    return 0;
}
