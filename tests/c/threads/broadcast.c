// All that wait are woken.
#include "../show.h"
#include <pthread.h>
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t go = PTHREAD_COND_INITIALIZER, ready = PTHREAD_COND_INITIALIZER;
static int waiting, started, woken;

static void *wait_for_it(void *unused)
{
    pthread_mutex_lock(&mutex);
    waiting++;
    pthread_cond_signal(&ready);
    while (!started)
        pthread_cond_wait(&go, &mutex);
    woken++;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

int main(void)
{
    pthread_t threads[10];
    for (int i = 0; i < 10; i++)
        pthread_create(&threads[i], NULL, wait_for_it, NULL);
    pthread_mutex_lock(&mutex);
    while (waiting < 10)
        pthread_cond_wait(&ready, &mutex);
    started = 1;
    pthread_cond_broadcast(&go);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 10; i++)
        pthread_join(threads[i], NULL);
    SHOW(woken);
    return 0;
}
