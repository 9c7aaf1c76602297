// Threads that wait for a queue, and signals of one.
#include "../show.h"
#include <mqueue.h>
#include <pthread.h>

static volatile sig_atomic_t heard, value;

static void hear(int number, siginfo_t *info, void *context)
{
    heard++;
    value = info->si_code == SI_MESGQ ? info->si_value.sival_int : -1;
}

static void *serve(void *queues)
{
    mqd_t *ends = queues;
    char text[16];
    unsigned priority;
    for (;;) {
        ssize_t len = mq_receive(ends[0], text, sizeof text, &priority);
        if (len <= 0)
            return NULL;
        text[0] ^= 32;
        mq_send(ends[1], text, len, priority);
    }
}

static void *send_one(void *queue)
{
    usleep(20000);
    mq_send(*(mqd_t *)queue, "late", 4, 0);
    return NULL;
}

int main(void)
{
    struct mq_attr size = {.mq_maxmsg = 1, .mq_msgsize = 16};
    mqd_t ends[2] = {mq_open("/there", O_RDWR | O_CREAT, 0600, &size), mq_open("/back", O_RDWR | O_CREAT, 0600, &size)};
    mq_unlink("/there");
    mq_unlink("/back");
    pthread_t thread;
    pthread_create(&thread, NULL, serve, ends);
    char text[17] = "";
    unsigned priority, sum = 0;
    for (int i = 0; i < 500; i++) {
        mq_send(ends[0], "ping", 5, i % 7);
        mq_receive(ends[1], text, 16, &priority);
        sum += priority;
    }
    printf("%s %u\n", text, sum);
    mq_send(ends[0], "", 0, 0);
    pthread_join(thread, NULL);

    // One hears of the first message, once, and not while a thread waits for it.
    struct sigaction action = {.sa_sigaction = hear, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
    SHOW(mq_notify(ends[0], &event));
    SHOW(mq_notify(ends[0], &event));
    SHOW(mq_send(ends[0], "x", 1, 0));
    printf("%d %d\n", heard, value);
    mq_receive(ends[0], text, 16, NULL);
    SHOW(mq_send(ends[0], "x", 1, 0));
    printf("%d\n", heard);
    SHOW(mq_notify(ends[0], &event));
    mq_receive(ends[0], text, 16, NULL);
    pthread_create(&thread, NULL, send_one, &ends[0]);
    SHOW(mq_receive(ends[0], text, 16, NULL));
    pthread_join(thread, NULL);
    printf("%d\n", heard);
    SHOW(mq_notify(ends[0], NULL));
    SHOW(mq_notify(ends[0], NULL));
    SHOW(mq_send(ends[0], "x", 1, 0));
    printf("%d\n", heard);
    event.sigev_signo = 65;
    SHOW(mq_notify(ends[0], &event));
    event.sigev_notify = SIGEV_NONE;
    SHOW(mq_notify(ends[1], &event));
    SHOW(mq_notify(1, &event));

    // A time ends it, and a signal.
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 5000000;
    if (soon.tv_nsec >= 1000000000)
        soon.tv_sec++, soon.tv_nsec -= 1000000000;
    SHOW(mq_timedreceive(ends[1], text, 16, NULL, &soon));
    SHOW(mq_timedsend(ends[0], "x", 1, 0, &soon));
    sigaction(SIGALRM, &action, NULL);
    struct itimerval alarm = {.it_value.tv_usec = 10000};
    setitimer(ITIMER_REAL, &alarm, NULL);
    SHOW(mq_receive(ends[1], text, 16, NULL));
    return 0;
}
