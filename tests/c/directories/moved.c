// A directory that is open while it is moved.
#include "../show.h"

int main(void)
{
    mkdir("a", 0755);
    mkdir("b", 0755);
    make("a/f", "x");
    int dir = open("a", O_RDONLY | O_DIRECTORY);
    SHOW(rename("a", "b/c"));
    SHOW(access("b/c/f", F_OK));
    SHOW(rename("b/c", "b/c/d"));
    SHOW(mkdir("e", 0755));
    SHOW(rename("b/c", "e"));
    SHOW(access("e/f", F_OK));
    SHOW(rename("b", "e"));
    SHOW(close(dir));
    return 0;
}
