// glob, and fnmatch behind it.
#include "../show.h"
#include <glob.h>

int main(void)
{
    glob_t found;
    mkdir("d", 0755);
    make("d/a.c", "");
    make("d/b.c", "");
    make("d/a.h", "");
    make("d/.hidden.c", "");
    SHOW(glob("d/*.c", 0, NULL, &found));
    for (size_t i = 0; i < found.gl_pathc; i++)
        puts(found.gl_pathv[i]);
    SHOW(glob("d/[ab].?", GLOB_MARK, NULL, &found));
    SHOW(found.gl_pathc);
    SHOW(glob("*/a.*", 0, NULL, &found));
    SHOW(found.gl_pathc);
    SHOW(glob("none*", 0, NULL, &found));
    return 0;
}
