// Message queues: order, priorities, errors.
#include "../show.h"
#include <mqueue.h>

static void receive(mqd_t queue)
{
    char text[64];
    unsigned priority = 99;
    ssize_t len = mq_receive(queue, text, sizeof text, &priority);
    printf("%zd, priority %u: %s\n", len, priority, len < 0 ? strerror(errno) : "");
    if (len >= 0)
        show_bytes("message", text, len);
}

int main(void)
{
    struct mq_attr size = {.mq_maxmsg = 3, .mq_msgsize = 16}, now;
    SHOW(mq_open("/absent", O_RDWR) == -1);
    mqd_t queue = mq_open("/some", O_RDWR | O_CREAT | O_NONBLOCK, 0600, &size);
    SHOW(queue >= 0);
    SHOW(mq_open("/some", O_RDWR | O_CREAT | O_EXCL, 0600, &size));
    mqd_t reader = mq_open("/some", O_RDONLY), writer = mq_open("/some", O_WRONLY | O_CREAT, 0600, &size);
    SHOW(fcntl(queue, F_GETFD));
    SHOW(fcntl(queue, F_GETFL));
    SHOW(fcntl(reader, F_GETFL));
    SHOW(fcntl(writer, F_GETFL));

    SHOW(mq_send(queue, "low", 3, 1));
    SHOW(mq_send(writer, "high", 4, 7));
    SHOW(mq_send(queue, "", 0, 7));
    SHOW(mq_send(queue, "too many", 8, 0));
    SHOW(mq_getattr(queue, &now));
    printf("%ld %ld %ld %ld\n", now.mq_flags, now.mq_maxmsg, now.mq_msgsize, now.mq_curmsgs);
    struct pollfd all[] = {{queue, POLLIN | POLLOUT}, {reader, POLLIN | POLLOUT}};
    SHOW(poll(all, 2, 0));
    SHOW(all[0].revents);
    receive(queue);
    SHOW(poll(all, 2, 0));
    SHOW(all[0].revents);
    receive(reader);
    receive(queue);
    SHOW(poll(all, 2, 0));
    SHOW(all[0].revents);
    receive(queue);
    SHOW(mq_send(reader, "x", 1, 0));
    receive(writer);
    SHOW(mq_send(queue, "longer than sixteen", 19, 0));
    SHOW(mq_send(queue, "x", 1, 32768));
    SHOW(mq_send(queue, (char *)8, 1, 0));
    char small[15];
    SHOW(mq_receive(queue, small, sizeof small, NULL));
    SHOW(mq_receive(99, small, sizeof small, NULL));
    SHOW(mq_send(1, "x", 1, 0));

    // How it waits is the description's.
    struct mq_attr flags = {.mq_flags = 0}, odd = {.mq_flags = 1};
    SHOW(mq_setattr(queue, &flags, &now));
    SHOW(now.mq_flags == O_NONBLOCK);
    SHOW(fcntl(queue, F_GETFL));
    SHOW(mq_setattr(queue, &odd, NULL));
    SHOW(fcntl(queue, F_SETFL, O_NONBLOCK));
    SHOW(mq_getattr(queue, &now));
    SHOW(now.mq_flags == O_NONBLOCK);

    struct timespec past = {1, 0}, bad = {1, 1000000000};
    char text[16];
    SHOW(mq_timedreceive(reader, text, sizeof text, NULL, &past));
    SHOW(mq_timedreceive(reader, text, sizeof text, NULL, &bad));
    for (int i = 0; i < 3; i++)
        SHOW(mq_timedsend(writer, "x", 1, 0, &past));
    SHOW(mq_timedsend(writer, "x", 1, 0, &past));

    // It lives on without a name.
    SHOW(mq_unlink("/some"));
    SHOW(mq_unlink("/some"));
    SHOW(mq_open("/some", O_RDWR));
    receive(reader);
    SHOW(mq_close(queue));
    SHOW(mq_close(queue));
    receive(reader);
    size.mq_maxmsg = 0;
    SHOW(mq_open("/some", O_RDWR | O_CREAT, 0600, &size));
    size.mq_maxmsg = -1;
    SHOW(mq_open("/some", O_RDWR | O_CREAT, 0600, &size));
    SHOW(mq_open("/some/more", O_RDWR | O_CREAT, 0600, NULL));
    SHOW(mq_open("/..", O_RDWR | O_CREAT, 0600, NULL));
    SHOW(mq_open("/", O_RDWR | O_CREAT, 0600, NULL));
    char name[300] = "/";
    memset(name + 1, 'n', 256);
    SHOW(mq_open(name, O_RDWR | O_CREAT, 0600, NULL));
    mqd_t usual = mq_open("/usual", O_RDWR | O_CREAT, 0600, NULL);
    SHOW(mq_getattr(usual, &now));
    printf("%ld %ld %ld\n", now.mq_flags, now.mq_maxmsg, now.mq_msgsize);
    SHOW(mq_unlink("/usual"));
    return 0;
}
