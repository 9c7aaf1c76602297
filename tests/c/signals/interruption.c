// Calls that wait are ended by a signal, or go on after it.
#include "../show.h"

static volatile int count;

static void handler(int signal)
{
    count++;
}

int main(void)
{
    int ends[2];
    char c;
    struct itimerval once = {{0, 0}, {0, 5000}};
    struct sigaction action = {.sa_handler = handler};
    struct timespec rest = {0};
    SHOW(pipe(ends));
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &once, NULL);
    SHOW(read(ends[0], &c, 1));
    setitimer(ITIMER_REAL, &once, NULL);
    SHOW(nanosleep(&(struct timespec){10, 0}, &rest));
    SHOW(rest.tv_sec == 9);
    setitimer(ITIMER_REAL, &once, NULL);
    SHOW(poll(NULL, 0, 10000));
    SHOW(count);
    return 0;
}
