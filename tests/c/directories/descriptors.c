// Paths relative to directories that are open.
#include "../show.h"

int main(void)
{
    struct stat s;
    char buffer[8];
    mkdir("d", 0755);
    int dir = open("d", O_RDONLY | O_DIRECTORY);
    SHOW(mkdirat(dir, "e", 0755));
    int fd = openat(dir, "e/f", O_RDWR | O_CREAT, 0644);
    SHOW(write(fd, "x", 1));
    SHOW(fstatat(dir, "e/f", &s, 0));
    SHOW(s.st_size);
    SHOW(symlinkat("e/f", dir, "l"));
    SHOW(readlinkat(dir, "l", buffer, 8));
    // What `chmod -R` of coreutils finds links by.
    int link = openat(dir, "l", O_PATH | O_NOFOLLOW);
    SHOW(readlinkat(link, "", buffer, 8));
    SHOW(readlinkat(dir, "", buffer, 8));
    SHOW(readlinkat(fd, "", buffer, 8));
    SHOW(readlinkat(AT_FDCWD, "", buffer, 8));
    SHOW(readlinkat(99, "", buffer, 8));
    SHOW(renameat(dir, "e/f", AT_FDCWD, "g"));
    SHOW(faccessat(dir, "l", F_OK, 0));
    SHOW(unlinkat(dir, "l", 0));
    SHOW(unlinkat(dir, "e", 0));
    SHOW(unlinkat(dir, "e", AT_REMOVEDIR));
    SHOW(openat(fd, "x", O_RDONLY));
    SHOW(openat(99, "x", O_RDONLY));
    SHOW(fstatat(dir, "", &s, AT_EMPTY_PATH));
    SHOW(S_ISDIR(s.st_mode));
    SHOW(openat(dir, "../g", O_RDONLY) >= 0);
    return 0;
}
