// What is known of a socket.
#include "../show.h"
#include <sys/socket.h>

int main(void)
{
    int ends[2], value;
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    static const int names[] = {SO_TYPE, SO_ERROR, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN, SO_REUSEADDR, SO_KEEPALIVE};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        socklen_t len = sizeof value;
        value = -1;
        SHOW(getsockopt(ends[0], SOL_SOCKET, names[i], &value, &len));
        SHOW(value);
        SHOW(len);
    }
    struct timeval wait = {0, 10000};
    SHOW(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait));
    SHOW(recv(ends[0], &value, 1, 0));
    SHOW(setsockopt(ends[0], SOL_SOCKET, SO_RCVBUF, &value, 1));
    SHOW(getsockopt(0, SOL_SOCKET, SO_TYPE, &value, &(socklen_t){4}));
    struct sockaddr_storage name;
    socklen_t len = sizeof name;
    SHOW(getsockname(ends[0], (struct sockaddr *)&name, &len));
    SHOW(len);
    SHOW(name.ss_family);
    SHOW(getpeername(ends[0], (struct sockaddr *)&name, &len));
    SHOW(len);
    return 0;
}
