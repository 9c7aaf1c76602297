// Permissions are kept, and masked when files are made.
#include "../show.h"

int main(void)
{
    struct stat s;
    SHOW(umask(027) == 022);
    SHOW(close(open("f", O_CREAT | O_WRONLY, 0666)));
    stat("f", &s);
    printf("%o\n", s.st_mode);
    SHOW(mkdir("d", 0777));
    stat("d", &s);
    printf("%o\n", s.st_mode);
    SHOW(chmod("f", 0711));
    stat("f", &s);
    printf("%o\n", s.st_mode);
    int fd = open("f", O_RDONLY);
    SHOW(fchmod(fd, 0600));
    SHOW(fchmodat(AT_FDCWD, "d", 0700, 0));
    fstat(fd, &s);
    printf("%o\n", s.st_mode);
    SHOW(chmod("missing", 0600));
    SHOW(umask(0));
    // Now nothing is masked.
    SHOW(close(open("open", O_CREAT | O_WRONLY, 0666)));
    stat("open", &s);
    printf("%o\n", s.st_mode);
    SHOW(mkdir("wide", 01777));
    stat("wide", &s);
    printf("%o\n", s.st_mode);
    return 0;
}
