// Timers that send signals, by several clocks, and how often they would have gone off.
#include "../show.h"

static volatile sig_atomic_t count, code, value, id, overrun;

static void handler(int signal, siginfo_t *info, void *context)
{
    count++;
    code = info->si_code;
    value = info->si_value.sival_int;
    id = info->si_timerid;
    overrun = info->si_overrun;
}

static struct itimerspec of_milliseconds(int value, int interval)
{
    return (struct itimerspec){{0, interval * 1000000L}, {0, value * 1000000L}};
}

static void by_clock(clockid_t clock, int signal)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal, .sigev_value.sival_int = 42};
    struct itimerspec soon = of_milliseconds(20, 0), left;
    timer_t timer;
    SHOW(timer_create(clock, &event, &timer));
    SHOW(timer_gettime(timer, &left));
    SHOW(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
    count = 0;
    SHOW(timer_settime(timer, 0, &soon, NULL));
    while (count == 0)
        ;
    SHOW(code == SI_TIMER);
    SHOW(value);
    SHOW(overrun);
    SHOW(timer_gettime(timer, &left));
    SHOW(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
    SHOW(timer_delete(timer));
    SHOW(timer_gettime(timer, &left));
}

static void overruns(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec often = of_milliseconds(10, 10), off = {0}, left;
    struct timespec pause = {0, 95000000};
    timer_t timer;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
    sigprocmask(SIG_BLOCK, &set, NULL);
    count = 0;
    SHOW(timer_settime(timer, 0, &often, NULL));
    nanosleep(&pause, NULL);
    SHOW(timer_gettime(timer, &left));
    SHOW(left.it_interval.tv_nsec);
    SHOW(left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 10000000);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    SHOW(count >= 1);
    SHOW(timer_getoverrun(timer) >= 0);
    SHOW(timer_settime(timer, 0, &off, &left));
    SHOW(left.it_value.tv_nsec <= 10000000);
    SHOW(timer_delete(timer));
}

static void absolute(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    struct itimerspec at = {0}, left;
    timer_t timer;
    SHOW(timer_create(CLOCK_REALTIME, &event, &timer));
    clock_gettime(CLOCK_REALTIME, &at.it_value);
    at.it_value.tv_sec += 100;
    SHOW(timer_settime(timer, TIMER_ABSTIME, &at, NULL));
    SHOW(timer_gettime(timer, &left));
    SHOW(left.it_value.tv_sec >= 98 && left.it_value.tv_sec <= 100);
    at.it_value.tv_sec -= 200;
    SHOW(timer_settime(timer, TIMER_ABSTIME, &at, NULL));
    SHOW(timer_gettime(timer, &left));
    SHOW(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
    SHOW(timer_delete(timer));
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGRTMIN + 1, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGVTALRM, &action, NULL);
    sigaction(SIGPROF, &action, NULL);

    by_clock(CLOCK_MONOTONIC, SIGUSR1);
    by_clock(CLOCK_REALTIME, SIGRTMIN + 1);
    by_clock(CLOCK_PROCESS_CPUTIME_ID, SIGUSR1);
    by_clock(CLOCK_THREAD_CPUTIME_ID, SIGUSR1);
    overruns();
    absolute();

    timer_t timer;
    struct itimerspec soon = of_milliseconds(1, 0), wrong = {{0, 0}, {0, 1000000000}};
    SHOW(timer_create(CLOCK_MONOTONIC, NULL, &timer));
    count = 0;
    SHOW(timer_settime(timer, 0, &soon, NULL));
    while (count == 0)
        pause();
    SHOW(value == id);
    SHOW(timer_settime(timer, 0, &wrong, NULL));
    SHOW(timer_delete(timer));
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65};
    SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
    event.sigev_notify = 99;
    SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
    SHOW(timer_create(99, NULL, &timer));

    for (int which = ITIMER_VIRTUAL; which <= ITIMER_PROF; which++) {
        struct itimerval once = {{0, 0}, {0, 20000}}, left;
        count = 0;
        SHOW(setitimer(which, &once, NULL));
        while (count == 0)
            ;
        SHOW(code == SI_KERNEL);
        SHOW(getitimer(which, &left));
        SHOW(left.it_value.tv_sec == 0 && left.it_value.tv_usec == 0);
    }
    return 0;
}
