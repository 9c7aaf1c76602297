// fnmatch, basename, dirname.
#include "../show.h"
#include <fnmatch.h>
#include <libgen.h>

int main(void)
{
    SHOW(fnmatch("*.c", "file.c", 0));
    SHOW(fnmatch("*.c", "dir/file.c", FNM_PATHNAME));
    SHOW(fnmatch("[!a-c]?", "dx", 0));
    SHOW(fnmatch("*", ".hidden", FNM_PERIOD));
    SHOW(fnmatch("a\\*b", "a*b", 0));
    char paths[][16] = {"/usr/lib", "/usr/", "usr", "/", ".", "a//b", ""};
    for (int i = 0; i < 7; i++) {
        char one[16], two[16];
        strcpy(one, paths[i]);
        strcpy(two, paths[i]);
        printf("%s: %s %s\n", paths[i], dirname(one), basename(two));
    }
    return 0;
}
