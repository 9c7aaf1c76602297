// What is known about files, directories and links.
#include "../show.h"

int main(void)
{
    struct stat s, t;
    make("f", "12345");
    SHOW(chmod("f", 0640));
    SHOW(stat("f", &s));
    printf("%o %lld %d\n", s.st_mode, (long long)s.st_size, (int)s.st_nlink);
    SHOW(mkdir("d", 0750));
    SHOW(stat("d", &s));
    printf("%o\n", s.st_mode);
    SHOW(symlink("f", "l"));
    SHOW(lstat("l", &s));
    printf("%o %lld\n", s.st_mode, (long long)s.st_size);
    SHOW(stat("l", &s));
    printf("%o %lld\n", s.st_mode, (long long)s.st_size);
    SHOW(stat("missing", &s));
    SHOW(stat("f/x", &s));
    SHOW(stat("", &s));
    SHOW(s.st_blksize > 0);
    stat("f", &s);
    stat("./d/../f", &t);
    SHOW(s.st_ino == t.st_ino && s.st_dev == t.st_dev);
    return 0;
}
