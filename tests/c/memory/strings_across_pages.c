// Calls read strings and buffers up to the last byte of a page.
#include "../show.h"

int main(void)
{
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(mprotect(p + 4096, 4096, PROT_NONE));
    strcpy(p + 4096 - 5, "file");
    SHOW(open(p + 4096 - 5, O_RDWR | O_CREAT, 0644) >= 0);
    memcpy(p + 4096 - 4, "file", 4);
    SHOW(open(p + 4096 - 4, O_RDONLY));
    int fd = open("file", O_RDWR);
    SHOW(write(fd, p + 4096 - 4, 4));
    SHOW(pread(fd, p + 4096 - 2, 2, 0));
    SHOW(pread(fd, p + 4096, 2, 0));
    return 0;
}
