// Links: read, followed, kept, broken, in circles.
#include "../show.h"

int main(void)
{
    char buffer[32];
    make("f", "text");
    SHOW(symlink("f", "l"));
    SHOW(readlink("l", buffer, sizeof buffer));
    show_bytes("l", buffer, 1);
    SHOW(symlink("a/long/way/to/nothing", "broken"));
    SHOW(readlink("broken", buffer, 6));
    show_bytes("broken", buffer, 6);
    SHOW(open("broken", O_RDONLY));
    SHOW(open("l", O_RDONLY | O_NOFOLLOW));
    SHOW(symlink("y", "x"));
    SHOW(symlink("x", "y"));
    SHOW(open("x", O_RDONLY));
    SHOW(readlink("f", buffer, sizeof buffer));
    SHOW(symlink("l", "l"));
    SHOW(symlink("", "empty"));
    SHOW(unlink("l"));
    SHOW(access("f", F_OK));
    unlink("x");
    unlink("y");
    unlink("broken");
    return 0;
}
