// What is written to a shared mapping is in the file.
#include "../show.h"

int main(void)
{
    char buffer[16] = "";
    make("f", "0123456789");
    int fd = open("f", O_RDWR);
    char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    SHOW(p != MAP_FAILED);
    if (p != MAP_FAILED) {
        memcpy(p + 2, "shared", 6);
        SHOW(msync(p, 4096, MS_SYNC));
        SHOW(pread(fd, buffer, 10, 0));
        show_bytes("file", buffer, 10);
        SHOW(pwrite(fd, "W", 1, 0));
        show_bytes("mapped", p, 10);
        SHOW(munmap(p, 4096));
    }
    return 0;
}
