// A path of many components, and one that is too long.
#include "../show.h"

int main(void)
{
    char path[PATH_MAX] = "";
    for (int i = 0; i < 60; i++) {
        strcat(path, i ? "/directory" : "directory");
        if (mkdir(path, 0755) != 0)
            printf("%d: %s\n", i, strerror(errno));
    }
    SHOW(strlen(path));
    SHOW(access(path, F_OK));
    while (strrchr(path, '/')) {
        rmdir(path);
        *strrchr(path, '/') = 0;
    }
    SHOW(rmdir(path));
    return 0;
}
