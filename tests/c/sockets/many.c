// Several messages in one call.
#include "../show.h"
#include <sys/socket.h>
#include <sys/syscall.h>

#define MANY 4

static void fill(struct mmsghdr *messages, struct iovec *pieces, char (*texts)[8], int count)
{
    memset(messages, 0, count * sizeof *messages);
    for (int i = 0; i < count; i++) {
        pieces[i] = (struct iovec){texts[i], sizeof texts[i]};
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
}

int main(void)
{
    int ends[2];
    char out[MANY][8] = {"one", "two", "three", "four"}, in[MANY][8];
    struct mmsghdr messages[MANY];
    struct iovec pieces[MANY];
    SHOW(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
    fill(messages, pieces, out, MANY);
    for (int i = 0; i < MANY; i++)
        pieces[i].iov_len = strlen(out[i]);
    SHOW(syscall(SYS_sendmmsg, ends[0], messages, MANY, 0));
    for (int i = 0; i < MANY; i++)
        printf("%u ", messages[i].msg_len);
    puts("");

    fill(messages, pieces, in, MANY);
    SHOW(recvmmsg(ends[1], messages, 3, 0, NULL));
    for (int i = 0; i < 3; i++)
        show_bytes("message", in[i], messages[i].msg_len);
    // One is left; nothing is waited for behind it.
    SHOW(recvmmsg(ends[1], messages, MANY, MSG_WAITFORONE, NULL));
    show_bytes("message", in[0], messages[0].msg_len);
    SHOW(recvmmsg(ends[1], messages, MANY, MSG_DONTWAIT, NULL));

    // The time is over behind the first; the rest of it is told.
    struct timespec none = {0, 0}, some = {3600, 0}, bad = {0, 2000000000};
    SHOW(send(ends[0], "five", 4, 0));
    SHOW(send(ends[0], "six", 3, 0));
    SHOW(recvmmsg(ends[1], messages, MANY, 0, &none));
    SHOW(recvmmsg(ends[1], messages, 1, 0, &some));
    SHOW(some.tv_sec == 3599 && some.tv_nsec > 0);
    SHOW(recvmmsg(ends[1], messages, 1, MSG_DONTWAIT, &bad));

    // What fails behind the first is not told.
    fill(messages, pieces, out, MANY);
    pieces[1].iov_base = (void *)8;
    SHOW(syscall(SYS_sendmmsg, ends[0], messages, MANY, 0));
    SHOW(syscall(SYS_sendmmsg, ends[0], messages + 1, 1, 0));
    SHOW(syscall(SYS_sendmmsg, ends[0], messages, 0, 0));
    SHOW(syscall(SYS_sendmmsg, 99, messages, MANY, 0));
    SHOW(syscall(SYS_recvmmsg, ends[1], (void *)8, 1, 0, NULL));
    return 0;
}
