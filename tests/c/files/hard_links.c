// Two names of one file.
#include "../show.h"

int main(void)
{
    struct stat s, t;
    make("a", "text");
    SHOW(link("a", "b"));
    stat("a", &s);
    stat("b", &t);
    SHOW(s.st_nlink);
    SHOW(s.st_ino == t.st_ino);
    SHOW(link("a", "b"));
    SHOW(link("missing", "c"));
    mkdir("d", 0755);
    SHOW(link("a", "d/a"));
    SHOW(unlink("a"));
    stat("b", &t);
    SHOW(t.st_nlink);
    SHOW(symlink("b", "l"));
    SHOW(linkat(AT_FDCWD, "l", AT_FDCWD, "l2", 0));
    lstat("l2", &s);
    SHOW(S_ISLNK(s.st_mode));
    SHOW(linkat(AT_FDCWD, "l", AT_FDCWD, "b2", AT_SYMLINK_FOLLOW));
    lstat("b2", &s);
    SHOW(S_ISREG(s.st_mode));
    return 0;
}
