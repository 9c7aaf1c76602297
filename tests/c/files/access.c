// access, by path and by descriptor.
#include "../show.h"

int main(void)
{
    make("f", "");
    chmod("f", 0755);
    mkdir("d", 0755);
    SHOW(access("f", F_OK));
    SHOW(access("f", R_OK | W_OK | X_OK));
    SHOW(access("missing", F_OK));
    SHOW(access("f/x", F_OK));
    SHOW(access("d", X_OK));
    SHOW(access("f", 8));
    SHOW(faccessat(AT_FDCWD, "d", R_OK, 0));
    int dir = open("d", O_RDONLY | O_DIRECTORY);
    SHOW(faccessat(dir, "../f", R_OK, 0));
    SHOW(faccessat(99, "f", R_OK, 0));
    chmod("f", 0644);
    SHOW(access("f", X_OK));
    return 0;
}
