// Directories come and go.
#include "../show.h"

int main(void)
{
    SHOW(mkdir("d", 0755));
    SHOW(mkdir("d", 0755));
    SHOW(mkdir("d/e", 0755));
    SHOW(mkdir("missing/e", 0755));
    SHOW(mkdir("d/f/", 0755));
    SHOW(rmdir("d"));
    SHOW(rmdir("d/e"));
    SHOW(rmdir("d/f/."));
    SHOW(rmdir("d/f"));
    SHOW(unlink("d"));
    SHOW(rmdir("d"));
    SHOW(rmdir("d"));
    make("f", "");
    SHOW(rmdir("f"));
    SHOW(mkdir("", 0755));
    SHOW(mkdir("f/d", 0755));
    return 0;
}
