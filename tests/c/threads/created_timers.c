// Timers that are for a thread: a function that the C library runs in one, and a signal; and the time that threads used.
#include "../show.h"
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#ifndef SIGEV_THREAD_ID
#define SIGEV_THREAD_ID 4
#endif

static pthread_barrier_t told;
static volatile sig_atomic_t taken_by, ready;

static void in_a_thread(union sigval value)
{
    SHOW(value.sival_int);
    pthread_barrier_wait(&told);
}

static void handler(int signal)
{
    taken_by = gettid();
}

static void *spin(void *unused)
{
    ready = gettid();
    while (taken_by == 0)
        ;
    return NULL;
}

// As the kernel knows it; the C library has a name for the thread of its own.
static long create_for(int tid, int *timer)
{
    struct {
        void *value;
        int signal, notify, tid;
        char more[64];
    } event = {.signal = SIGUSR1, .notify = SIGEV_THREAD_ID, .tid = tid};
    return syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, timer);
}

int main(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_value.sival_int = 7};
    event.sigev_notify_function = in_a_thread;
    struct itimerspec soon = {{0, 0}, {0, 5000000}};
    timer_t timer;
    pthread_barrier_init(&told, NULL, 2);
    SHOW(timer_create(CLOCK_REALTIME, &event, &timer));
    SHOW(timer_settime(timer, 0, &soon, NULL));
    pthread_barrier_wait(&told);
    SHOW(timer_delete(timer));

    pthread_t thread;
    clockid_t clock;
    struct timespec used;
    int id;
    signal(SIGUSR1, handler);
    pthread_create(&thread, NULL, spin, NULL);
    while (ready == 0)
        sched_yield();
    SHOW(pthread_getcpuclockid(thread, &clock));
    while (clock_gettime(clock, &used) == 0 && used.tv_sec == 0 && used.tv_nsec == 0)
        ;
    SHOW(clock_getres(clock, &used));
    SHOW(create_for(ready, &id));
    SHOW(syscall(SYS_timer_settime, id, 0, &soon, NULL));
    pthread_join(thread, NULL);
    SHOW(taken_by == ready);
    SHOW(create_for(1, &id));
    return 0;
}
