// RLIMIT_NOFILE: what a lowered limit refuses, and what it leaves alone.
#include "../show.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>

static void set(rlim_t soft)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = soft;
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    SHOW(getrlimit(RLIMIT_NOFILE, &limit));
    SHOW(limit.rlim_cur);
}

int main(void)
{
    int fds[2];
    struct pollfd polled[9] = {{-1}, {-1}, {-1}, {-1}, {-1}, {-1}, {-1}, {-1}, {-1}};
    SHOW(dup2(1, 20));
    set(8);
    SHOW(sysconf(_SC_OPEN_MAX));
    SHOW(open("first", O_CREAT | O_RDWR, 0600));
    SHOW(pipe(fds));
    SHOW(fds[0]);
    SHOW(fds[1]);
    // One is left after these: too few for two.
    SHOW(dup(1));
    SHOW(pipe(fds));
    SHOW(memfd_create("x", 0));
    SHOW(dup(1));
    SHOW(dup(1));
    SHOW(dup(1));
    SHOW(open("new", O_CREAT | O_RDWR, 0600));
    SHOW(epoll_create1(0));
    SHOW(dup2(1, 7));
    SHOW(dup2(1, 8));
    SHOW(dup3(1, 8, O_CLOEXEC));
    SHOW(fcntl(1, F_DUPFD, 7));
    SHOW(fcntl(1, F_DUPFD, 8));
    SHOW(poll(polled, 8, 0));
    SHOW(poll(polled, 9, 0));
    // One above the limit stays, and cannot be had again.
    SHOW(fcntl(20, F_GETFD));
    SHOW(dup2(20, 20));
    SHOW(close(20));
    SHOW(dup2(1, 20));
    SHOW(close(5));
    SHOW(dup(1));
    set(30);
    SHOW(dup2(1, 20));
    SHOW(dup(1));
    SHOW(setrlimit(RLIMIT_NOFILE, &(struct rlimit){31, 30}));
    SHOW(setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, 30}));
    SHOW(dup(1));
    return 0;
}
