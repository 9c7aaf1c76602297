// A signal that a thread lets through only while it waits, sent by another one.
#include "../show.h"
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>

static volatile sig_atomic_t handled;

static void handler(int signal)
{
    handled++;
}

static void *send(void *unused)
{
    nanosleep(&(struct timespec){0, 30000000}, NULL);
    kill(getpid(), SIGUSR1);
    return NULL;
}

#define WAIT(call)                                        \
    do {                                                  \
        pthread_t sender;                                 \
        handled = 0;                                      \
        pthread_create(&sender, NULL, send, NULL);        \
        SHOW(call);                                       \
        SHOW(handled);                                    \
        pthread_join(sender, NULL);                       \
    } while (0)

int main(void)
{
    sigset_t all, none, one;
    struct timespec long_time = {60, 0};
    struct epoll_event event;
    sigfillset(&all);
    sigemptyset(&none);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    signal(SIGUSR1, handler);
    // Threads get it, too.
    sigprocmask(SIG_SETMASK, &all, NULL);
    int set = epoll_create1(0);
    WAIT(ppoll(NULL, 0, &long_time, &none));
    WAIT(pselect(0, NULL, NULL, NULL, &long_time, &none));
    WAIT(epoll_pwait(set, &event, 1, 60000, &none));
    WAIT(sigsuspend(&none));
    WAIT(sigwaitinfo(&one, NULL));
    return 0;
}
