// File systems can be asked.
#include "../show.h"
#include <sys/statvfs.h>

int main(void)
{
    struct statvfs s;
    SHOW(statvfs(".", &s));
    SHOW(s.f_bsize > 0 && s.f_blocks >= s.f_bfree && s.f_namemax >= 143);
    SHOW(statvfs("missing", &s));
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    SHOW(fstatvfs(fd, &s));
    SHOW(fstatvfs(99, &s));
    SHOW(pathconf(".", _PC_NAME_MAX));
    return 0;
}
