// errno belongs to the last call that failed.
#include "../show.h"

int main(void)
{
    errno = 0;
    close(-1);
    SHOW(errno == EBADF);
    open("missing", O_RDONLY);
    SHOW(errno == ENOENT);
    SHOW(getpid() > 0);
    errno = 5;
    getuid();
    SHOW(errno);
    SHOW(syscall(100000));
    SHOW(syscall(-1));
    SHOW(syscall(39) == getpid());
    return 0;
}
