// O_PATH descriptors name files and do nothing else.
#include "../show.h"

int main(void)
{
    struct stat s;
    char c;
    make("f", "abc");
    mkdir("d", 0755);
    make("d/g", "x");
    int fd = open("f", O_PATH);
    SHOW(fd >= 0);
    SHOW(fstat(fd, &s));
    SHOW(s.st_size);
    SHOW(read(fd, &c, 1));
    SHOW(write(fd, "x", 1));
    int dir = open("d", O_PATH | O_DIRECTORY);
    SHOW(openat(dir, "g", O_RDONLY) >= 0);
    SHOW(symlink("f", "l"));
    int link = open("l", O_PATH | O_NOFOLLOW);
    SHOW(fstat(link, &s));
    SHOW(S_ISLNK(s.st_mode));
    return 0;
}
