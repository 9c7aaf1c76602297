// What is left of a directory that was removed while it is open.
#include "../show.h"

int main(void)
{
    struct stat s;
    mkdir("d", 0755);
    int dir = open("d", O_RDONLY | O_DIRECTORY);
    SHOW(rmdir("d"));
    SHOW(fstat(dir, &s));
    SHOW(S_ISDIR(s.st_mode));
    SHOW(openat(dir, "f", O_WRONLY | O_CREAT, 0644));
    SHOW(mkdirat(dir, "e", 0755));
    return 0;
}
