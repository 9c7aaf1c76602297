// pthread_once runs once.
#include "../show.h"
#include <pthread.h>
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int times;

static void first(void)
{
    usleep(1000);
    times++;
}

static void *call(void *unused)
{
    pthread_once(&once, first);
    return (void *)(intptr_t)times;
}

int main(void)
{
    pthread_t threads[5];
    void *result;
    for (int i = 0; i < 5; i++)
        pthread_create(&threads[i], NULL, call, NULL);
    for (int i = 0; i < 5; i++) {
        pthread_join(threads[i], &result);
        printf("%ld ", (long)(intptr_t)result);
    }
    puts("");
    return 0;
}
