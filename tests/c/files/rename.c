// Names move, replace each other, or refuse to.
#include "../show.h"

int main(void)
{
    char buffer[8];
    make("a", "A");
    make("b", "B");
    SHOW(rename("a", "c"));
    SHOW(access("a", F_OK));
    SHOW(rename("c", "b"));
    int fd = open("b", O_RDONLY);
    SHOW(read(fd, buffer, 8));
    show_bytes("b", buffer, 1);
    SHOW(rename("missing", "x"));
    SHOW(mkdir("d", 0755));
    SHOW(rename("b", "d"));
    SHOW(rename("d", "b"));
    SHOW(rename("b", "d/b"));
    SHOW(rename("d", "d/e"));
    SHOW(rename("d/b", "d/b"));
    SHOW(renameat2(AT_FDCWD, "d/b", AT_FDCWD, "d", RENAME_NOREPLACE));
    make("y", "Y");
    SHOW(renameat2(AT_FDCWD, "d/b", AT_FDCWD, "y", RENAME_EXCHANGE));
    fd = open("y", O_RDONLY);
    SHOW(read(fd, buffer, 8));
    show_bytes("y", buffer, 1);
    return 0;
}
