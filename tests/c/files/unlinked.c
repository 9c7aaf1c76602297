// A file without a name lives as long as it is open.
#include "../show.h"

int main(void)
{
    struct stat s;
    char buffer[8];
    make("f", "kept");
    int fd = open("f", O_RDWR);
    SHOW(unlink("f"));
    SHOW(fstat(fd, &s));
    SHOW(s.st_nlink);
    SHOW(read(fd, buffer, 8));
    show_bytes("read", buffer, 4);
    SHOW(write(fd, "more", 4));
    SHOW(open("f", O_RDONLY));
    make("f", "new");
    SHOW(pread(fd, buffer, 8, 0));
    show_bytes("old", buffer, 8);
    return 0;
}
