// Calls that get pointers to nowhere fail, and do nothing else.
#include "../show.h"

int main(void)
{
    int ends[2];
    char *bad = (char *)16;
    make("f", "x");
    int fd = open("f", O_RDWR);
    SHOW(open(bad, O_RDONLY));
    SHOW(read(fd, bad, 1));
    SHOW(write(fd, bad, 1));
    SHOW(getcwd(bad, 100) == NULL);
    SHOW(readlink("f", bad, 10));
    SHOW(rename("f", bad));
    SHOW(writev(fd, (struct iovec *)bad, 1));
    SHOW(nanosleep((struct timespec *)bad, NULL));
    SHOW(chdir(bad));
    SHOW(mkdir(bad, 0755));
    SHOW(access("f", F_OK));
    SHOW(pipe(ends));
    SHOW(write(ends[1], (char *)-4096, 10));
    SHOW(read(fd, (char *)-1, 1));
    SHOW(write(fd, "x", (size_t)-1));
    return 0;
}
