// A file in memory, with changes of one's own.
#include "../show.h"

int main(void)
{
    char buffer[8] = "";
    make("f", "0123456789");
    int fd = open("f", O_RDONLY);
    char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    SHOW(p != MAP_FAILED);
    show_bytes("mapped", p, 12);
    p[0] = 'X';
    SHOW(pread(fd, buffer, 4, 0));
    show_bytes("file", buffer, 4);
    SHOW(close(fd));
    show_bytes("mapped", p, 4);
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED);
    fd = open("f", O_RDONLY);
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 100) == MAP_FAILED);
    SHOW(mmap(NULL, 4096, PROT_READ, 0, fd, 0) == MAP_FAILED);
    SHOW(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
    SHOW(munmap(p, 4096));
    return 0;
}
