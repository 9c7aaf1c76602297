// Lengths change; what is added is zero.
#include "../show.h"

int main(void)
{
    struct stat s;
    char buffer[16];
    make("f", "0123456789");
    SHOW(truncate("f", 4));
    SHOW(stat("f", &s));
    SHOW(s.st_size);
    int fd = open("f", O_RDWR);
    SHOW(ftruncate(fd, 8));
    SHOW(pread(fd, buffer, 16, 0));
    show_bytes("file", buffer, 8);
    SHOW(ftruncate(fd, -1));
    SHOW(truncate("missing", 0));
    SHOW(close(open("f", O_WRONLY | O_TRUNC)));
    SHOW(fstat(fd, &s));
    SHOW(s.st_size);
    int only_read = open("f", O_RDONLY);
    SHOW(ftruncate(only_read, 1));
    return 0;
}
