// Locks of whole files belong to what was opened.
#include "../show.h"
#include <sys/file.h>

int main(void)
{
    make("f", "");
    int fd = open("f", O_RDWR), same = dup(fd), other = open("f", O_RDWR);
    SHOW(flock(fd, LOCK_EX));
    SHOW(flock(same, LOCK_EX | LOCK_NB));
    SHOW(flock(other, LOCK_SH | LOCK_NB));
    SHOW(flock(same, LOCK_UN));
    SHOW(flock(other, LOCK_SH | LOCK_NB));
    SHOW(flock(fd, LOCK_SH | LOCK_NB));
    SHOW(flock(fd, LOCK_EX | LOCK_NB));
    SHOW(flock(99, LOCK_EX));
    SHOW(flock(fd, 77));
    return 0;
}
