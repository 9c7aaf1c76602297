// RLIMIT_FSIZE: writes stop at it, with SIGXFSZ and EFBIG behind it.
#include "../show.h"
#include <sys/resource.h>

static volatile int signals;

static void handler(int signal)
{
    signals += signal == SIGXFSZ;
}

int main(void)
{
    static char data[8000];
    struct rlimit limit;
    SHOW(getrlimit(RLIMIT_FSIZE, &limit));
    limit.rlim_cur = 5000;
    SHOW(setrlimit(RLIMIT_FSIZE, &limit));
    SHOW(getrlimit(RLIMIT_FSIZE, &limit));
    SHOW(limit.rlim_cur);
    signal(SIGXFSZ, handler);
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
    SHOW(write(fd, data, 8000));
    SHOW(signals);
    SHOW(write(fd, data, 1));
    SHOW(write(fd, data, 0));
    SHOW(signals);
    SHOW(pwrite(fd, data, 100, 4990));
    SHOW(pwrite(fd, data, 100, 5000));
    SHOW(ftruncate(fd, 5001));
    SHOW(posix_fallocate(fd, 0, 5001));
    SHOW(signals);
    SHOW(ftruncate(fd, 10));
    SHOW(fcntl(fd, F_SETFL, O_APPEND));
    SHOW(write(fd, data, 8000));
    SHOW(lseek(fd, 0, SEEK_CUR));
    int pipes[2];
    SHOW(pipe(pipes));
    SHOW(write(pipes[1], data, 6000));
    signal(SIGXFSZ, SIG_IGN);
    SHOW(write(fd, data, 1));
    return 0;
}
