// statx says the same as stat.
#include "../show.h"

int main(void)
{
    struct stat s;
    struct statx x;
    make("f", "123456789");
    SHOW(stat("f", &s));
    SHOW(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x));
    SHOW(x.stx_size == (uint64_t)s.st_size);
    SHOW(x.stx_ino == s.st_ino);
    SHOW(x.stx_mode == s.st_mode);
    SHOW(x.stx_nlink == s.st_nlink);
    SHOW(x.stx_mtime.tv_sec == s.st_mtim.tv_sec);
    SHOW((x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
    SHOW(statx(AT_FDCWD, "missing", 0, STATX_BASIC_STATS, &x));
    SHOW(statx(AT_FDCWD, "f", 0x40000000, STATX_BASIC_STATS, &x));
    int fd = open("f", O_RDONLY);
    SHOW(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &x));
    SHOW(x.stx_size);
    return 0;
}
