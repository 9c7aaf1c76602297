// O_EXCL: of files, links, and links to nothing.
#include "../show.h"

int main(void)
{
    SHOW(open("f", O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0);
    SHOW(open("f", O_WRONLY | O_CREAT | O_EXCL, 0600));
    SHOW(symlink("nothing", "l"));
    SHOW(open("l", O_WRONLY | O_CREAT | O_EXCL, 0600));
    SHOW(open("l", O_RDONLY));
    SHOW(open("l", O_WRONLY | O_CREAT, 0600) >= 0);
    SHOW(access("nothing", F_OK));
    SHOW(mkdir("d", 0700));
    SHOW(open("d", O_WRONLY | O_CREAT | O_EXCL, 0600));
    return 0;
}
