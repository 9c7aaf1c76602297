// The working directory, and paths relative to it.
#include "../show.h"

int main(void)
{
    char start[PATH_MAX], path[PATH_MAX];
    mkdir("d", 0755);
    mkdir("d/e", 0755);
    getcwd(start, sizeof start);
    SHOW(chdir("d/e"));
    getcwd(path, sizeof path);
    printf("%s\n", path + strlen(start));
    make("f", "x");
    SHOW(access("../e/f", F_OK));
    SHOW(chdir(".."));
    SHOW(access("e/f", F_OK));
    SHOW(chdir("missing"));
    SHOW(chdir("e/f"));
    int fd = open("e", O_RDONLY | O_DIRECTORY);
    SHOW(fchdir(fd));
    SHOW(access("f", F_OK));
    SHOW(fchdir(99));
    SHOW(getcwd(path, 2) == NULL);
    SHOW(errno == ERANGE);
    SHOW(chdir(start));
    SHOW(access("d/e/f", F_OK));
    return 0;
}
