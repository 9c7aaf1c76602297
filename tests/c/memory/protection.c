// Protection changes page by page.
#include "../show.h"

int main(void)
{
    char *p = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(mprotect(p + 4096, 4096, PROT_READ | PROT_WRITE));
    p[4096] = 'x';
    SHOW(mprotect(p + 4096, 4096, PROT_READ));
    printf("%c\n", p[4096]);
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    SHOW(write(fd, p + 4096, 1));
    SHOW(write(fd, p, 1));
    SHOW(pread(fd, p + 4096, 1, 0));
    SHOW(mprotect(p + 1, 4096, PROT_READ));
    SHOW(mprotect(p, 4096, 0x1000000));
    SHOW(munmap(p + 4096, 4096));
    SHOW(mprotect(p, 3 * 4096, PROT_READ));
    return 0;
}
