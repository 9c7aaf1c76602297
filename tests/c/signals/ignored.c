// What is ignored wakes nobody.
#include "../show.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void wait_in_each_way(const char *what)
{
    struct timespec span = {0, 50000000}, rest = {7, 7};
    double start = now();
    SHOW(nanosleep(&span, &rest));
    printf("%s, to the end: %d; the rest %ld.%ld\n", what, now() - start >= 0.05, rest.tv_sec, rest.tv_nsec);
    start = now();
    SHOW(poll(NULL, 0, 50));
    SHOW(now() - start >= 0.05);
}

int main(void)
{
    signal(SIGUSR1, SIG_IGN);
    signal(SIGALRM, SIG_IGN);
    struct itimerval often = {{0, 3000}, {0, 3000}}, off = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &often, NULL);
    wait_in_each_way("a timer");
    struct itimerval left;
    getitimer(ITIMER_REAL, &left);
    SHOW(left.it_interval.tv_usec == 3000 && left.it_value.tv_usec <= 3000);
    setitimer(ITIMER_REAL, &off, NULL);

    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT};
    struct itimerspec spans = {{0, 4000000}, {0, 4000000}};
    timer_t timer;
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &spans, NULL);
    wait_in_each_way("a timer that was created");
    timer_delete(timer);

    // One that is blocked waits all the same, until it is ignored anew.
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGURG);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    raise(SIGURG);
    sigpending(&pending);
    SHOW(sigismember(&pending, SIGUSR1));
    SHOW(sigismember(&pending, SIGURG));
    signal(SIGUSR1, SIG_IGN);
    signal(SIGURG, SIG_DFL);
    sigpending(&pending);
    SHOW(sigismember(&pending, SIGUSR1));
    SHOW(sigismember(&pending, SIGURG));
    return 0;
}
