// Links to directories, with and without a slash.
#include "../show.h"

int main(void)
{
    struct stat s;
    mkdir("d", 0755);
    make("d/f", "x");
    symlink("d", "l");
    symlink("l", "ll");
    SHOW(stat("l", &s));
    SHOW(S_ISDIR(s.st_mode));
    SHOW(lstat("l", &s));
    SHOW(S_ISLNK(s.st_mode));
    SHOW(lstat("l/", &s));
    SHOW(S_ISDIR(s.st_mode));
    SHOW(access("ll/f", F_OK));
    SHOW(access("ll/../d/f", F_OK));
    SHOW(open("l", O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
    SHOW(open("l/f", O_RDONLY | O_NOFOLLOW) >= 0);
    SHOW(rmdir("l"));
    SHOW(mkdir("l/new", 0755));
    SHOW(access("d/new", F_OK));
    SHOW(rename("l", "m"));
    SHOW(access("m/f", F_OK));
    SHOW(unlink("m"));
    SHOW(access("d/f", F_OK));
    unlink("ll");
    return 0;
}
