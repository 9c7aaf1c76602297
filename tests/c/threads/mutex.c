// A mutex protects a counter.
#include "../show.h"
#include <pthread.h>
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long counter;

static void *count(void *unused)
{
    for (int i = 0; i < 10000; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, count, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    SHOW(counter);
    SHOW(pthread_mutex_trylock(&mutex));
    SHOW(pthread_mutex_trylock(&mutex) == EBUSY);
    SHOW(pthread_mutex_unlock(&mutex));
    return 0;
}
