// A mapping from the middle of a file.
#include "../show.h"

int main(void)
{
    char block[4096];
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    for (int i = 0; i < 4; i++) {
        memset(block, 'a' + i, sizeof block);
        write(fd, block, sizeof block);
    }
    char *p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, fd, 4096);
    printf("%c%c%c\n", p[0], p[4096], p[8191]);
    SHOW(mprotect(p, 4096, PROT_NONE));
    printf("%c\n", p[4096]);
    SHOW(munmap(p, 8192));
    return 0;
}
