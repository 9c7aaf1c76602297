// Names that nobody has yet.
#include "../show.h"

int main(void)
{
    char name[] = "tmp-XXXXXX", dir[] = "dir-XXXXXX";
    int fd = mkstemp(name);
    SHOW(fd >= 0);
    SHOW(strlen(name));
    SHOW(strcmp(name, "tmp-XXXXXX") != 0);
    SHOW(write(fd, "x", 1));
    SHOW(unlink(name));
    SHOW(mkdtemp(dir) == dir);
    SHOW(rmdir(dir));
    return 0;
}
