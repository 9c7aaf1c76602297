// Messages in pieces.
#include "../show.h"
#include <sys/socket.h>

int main(void)
{
    int ends[2];
    char first[4] = "", second[8] = "";
    SHOW(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
    struct iovec out[] = {{"one", 3}, {"", 0}, {"two", 3}};
    struct msghdr message = {.msg_iov = out, .msg_iovlen = 3};
    SHOW(sendmsg(ends[0], &message, 0));
    struct iovec in[] = {{first, 2}, {second, 8}};
    struct msghdr answer = {.msg_iov = in, .msg_iovlen = 2};
    SHOW(recvmsg(ends[1], &answer, 0));
    show_bytes("first", first, 2);
    show_bytes("second", second, 4);
    SHOW(answer.msg_flags);
    SHOW(answer.msg_controllen);
    // One that does not fit.
    SHOW(sendmsg(ends[0], &message, 0));
    answer = (struct msghdr){.msg_iov = in, .msg_iovlen = 1};
    SHOW(recvmsg(ends[1], &answer, 0));
    SHOW(answer.msg_flags == MSG_TRUNC);
    SHOW(sendmsg(ends[0], &message, 0));
    answer = (struct msghdr){.msg_iov = in, .msg_iovlen = 1};
    SHOW(recvmsg(ends[1], &answer, MSG_TRUNC));
    SHOW(recvmsg(ends[1], &answer, MSG_DONTWAIT));
    message.msg_iovlen = 5000;
    SHOW(sendmsg(ends[0], &message, 0));
    return 0;
}
