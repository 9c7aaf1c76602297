// Signals that are ignored wake nobody, whoever sends them.
#include "../show.h"
#include <pthread.h>

static int done;

static void *disturb(void *unused)
{
    for (int i = 0; !__atomic_load_n(&done, __ATOMIC_RELAXED); i++) {
        kill(getpid(), i % 2 ? SIGURG : SIGUSR1);
        usleep(2000);
    }
    return NULL;
}

int main(void)
{
    signal(SIGUSR1, SIG_IGN);
    pthread_t thread;
    pthread_create(&thread, NULL, disturb, NULL);
    struct timespec span = {0, 50000000}, rest = {7, 7};
    SHOW(nanosleep(&span, &rest));
    SHOW(rest.tv_sec);
    SHOW(poll(NULL, 0, 50));
    __atomic_store_n(&done, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    return 0;
}
