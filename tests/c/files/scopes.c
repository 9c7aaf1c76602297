// openat2: how far a path may lead.
#include "../show.h"
#include <sys/syscall.h>

static long opened(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
    uint64_t how[] = {flags, mode, resolve};
    long fd = syscall(SYS_openat2, dir, path, how, sizeof how);
    if (fd >= 0) {
        close((int)fd);
        fd = 0;
    }
    return fd;
}

enum { NO_XDEV = 1, NO_MAGICLINKS = 2, NO_SYMLINKS = 4, BENEATH = 8, IN_ROOT = 16 };

int main(void)
{
    SHOW(mkdir("d", 0755));
    make("outside", "x");
    make("d/file", "x");
    SHOW(symlink("../outside", "d/up"));
    SHOW(symlink("file", "d/in"));
    SHOW(symlink("/file", "d/absolute"));
    int d = open("d", O_DIRECTORY);
    SHOW(opened(d, "../outside", O_RDONLY, 0, 0));
    SHOW(opened(d, "../outside", O_RDONLY, 0, BENEATH));
    SHOW(opened(d, "up", O_RDONLY, 0, BENEATH));
    SHOW(opened(d, "in", O_RDONLY, 0, BENEATH));
    SHOW(opened(d, "in", O_RDONLY, 0, NO_SYMLINKS));
    SHOW(opened(d, "/file", O_RDONLY, 0, BENEATH));
    SHOW(opened(d, "/file", O_RDONLY, 0, IN_ROOT));
    SHOW(opened(d, "absolute", O_RDONLY, 0, IN_ROOT));
    SHOW(opened(d, "../../file", O_RDONLY, 0, IN_ROOT));
    SHOW(opened(d, "up", O_RDONLY, 0, IN_ROOT));
    SHOW(opened(d, "file", O_RDONLY, 0, NO_XDEV | NO_MAGICLINKS));
    SHOW(opened(d, "new", O_RDWR | O_CREAT | O_EXCL, 0600, BENEATH));
    SHOW(opened(d, "new", O_RDWR | O_CREAT | O_EXCL, 0600, BENEATH));
    SHOW(opened(d, "file", O_RDONLY, 0600, 0));
    SHOW(opened(d, "file", O_RDONLY, 0, 1 << 20));
    SHOW(opened(d, "file", O_RDONLY, 0, BENEATH | IN_ROOT));
    SHOW(syscall(SYS_openat2, d, "file", &(uint64_t[3]){0}, 16));
    return 0;
}
