// realpath undoes links and dots.
#include "../show.h"

int main(void)
{
    char start[PATH_MAX], path[PATH_MAX];
    mkdir("d", 0755);
    mkdir("d/e", 0755);
    make("d/e/f", "");
    symlink("d/e", "l");
    symlink("../d/./e/f", "d/g");
    realpath(".", start);
    SHOW(realpath("l/../e/f", path) != NULL);
    printf("%s\n", path + strlen(start));
    SHOW(realpath("d/g", path) != NULL);
    printf("%s\n", path + strlen(start));
    SHOW(realpath("l/missing", path) == NULL);
    SHOW(errno == ENOENT);
    return 0;
}
