// A signal to one thread, while another blocks it.
#include "../show.h"
#include <pthread.h>
static volatile int handled_by_other;
static pthread_t other;
static volatile int ready;

static void handler(int signal)
{
    handled_by_other = pthread_equal(pthread_self(), other);
}

static void *wait_for_signal(void *unused)
{
    ready = 1;
    while (!handled_by_other)
        usleep(100);
    return NULL;
}

int main(void)
{
    signal(SIGUSR1, handler);
    pthread_create(&other, NULL, wait_for_signal, NULL);
    while (!ready)
        usleep(100);
    SHOW(pthread_kill(other, SIGUSR1));
    SHOW(pthread_join(other, NULL));
    SHOW(handled_by_other);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    SHOW(pthread_sigmask(SIG_BLOCK, &set, NULL));
    SHOW(pthread_kill(pthread_self(), SIGUSR1));
    sigpending(&set);
    SHOW(sigismember(&set, SIGUSR1));
    return 0;
}
