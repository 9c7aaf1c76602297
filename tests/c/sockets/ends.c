// The end of a connection.
#include "../show.h"
#include <sys/socket.h>

int main(void)
{
    int ends[2];
    char c;
    SHOW(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends));
    SHOW(fcntl(ends[0], F_GETFD));
    SHOW(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
    SHOW(recv(ends[0], &c, 1, 0));
    SHOW(shutdown(ends[0], SHUT_WR));
    SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL));
    SHOW(recv(ends[1], &c, 1, 0));
    SHOW(send(ends[1], "y", 1, 0));
    SHOW(recv(ends[0], &c, 1, 0));
    SHOW(shutdown(ends[0], 9));
    struct pollfd one = {ends[0], POLLIN | POLLRDHUP, 0};
    SHOW(close(ends[1]));
    SHOW(poll(&one, 1, 0));
    SHOW(one.revents);
    SHOW(shutdown(0, SHUT_RD));
    SHOW(shutdown(99, SHUT_RD));
    return 0;
}
