// Two sockets that reach each other only.
#include "../show.h"
#include <sys/socket.h>

static void one(int type)
{
    int ends[2];
    char buffer[16] = "";
    SHOW(socketpair(AF_UNIX, type, 0, ends));
    SHOW(send(ends[0], "hello", 5, 0));
    SHOW(send(ends[0], "world", 5, 0));
    SHOW(recv(ends[1], buffer, 3, MSG_PEEK));
    show_bytes("peeked", buffer, 3);
    SHOW(recv(ends[1], buffer, sizeof buffer, 0));
    show_bytes("received", buffer, 10);
    SHOW(send(ends[1], "back", 4, MSG_DONTWAIT));
    SHOW(read(ends[0], buffer, 2));
    SHOW(recv(ends[0], buffer, 4, MSG_DONTWAIT));
    SHOW(lseek(ends[0], 0, SEEK_SET));
    SHOW(pread(ends[0], buffer, 1, 0));
    struct stat status;
    SHOW(fstat(ends[0], &status));
    SHOW(S_ISSOCK(status.st_mode));
    close(ends[0]);
    SHOW(close(ends[1]));
}

int main(void)
{
    one(SOCK_STREAM);
    one(SOCK_DGRAM);
    one(SOCK_SEQPACKET);
    int ends[2];
    SHOW(socketpair(AF_INET, SOCK_STREAM, 0, ends));
    SHOW(socketpair(AF_UNIX, 77, 0, ends));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 6, ends));
    return 0;
}
