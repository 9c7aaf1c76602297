// A signal that a thread lets through only while it waits, sent by another one.
#include "../show.h"
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>

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

static void *wait_for_ever(void *set)
{
    sigwaitinfo(set, NULL);
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

    // One that is not waited for, but has a handler.
    sigset_t other;
    sigemptyset(&other);
    sigaddset(&other, SIGUSR2);
    sigprocmask(SIG_SETMASK, &none, NULL);
    WAIT(syscall(SYS_rt_sigtimedwait, &other, NULL, NULL, 8));

    // A cancellation is such a signal.
    pthread_t waiting;
    void *end;
    pthread_create(&waiting, NULL, wait_for_ever, &other);
    nanosleep(&(struct timespec){0, 30000000}, NULL);
    SHOW(pthread_cancel(waiting));
    SHOW(pthread_join(waiting, &end));
    SHOW(end == PTHREAD_CANCELED);
    return 0;
}
