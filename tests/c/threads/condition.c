// Two threads take turns.
#include "../show.h"
#include <pthread.h>
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;
static char text[41];

static void *write_half(void *argument)
{
    int me = argument != NULL;
    for (int i = 0; i < 20; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % 2 != me)
            pthread_cond_wait(&changed, &mutex);
        text[turn++] = me ? 'b' : 'a';
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

int main(void)
{
    pthread_t other;
    pthread_create(&other, NULL, write_half, &other);
    write_half(NULL);
    pthread_join(other, NULL);
    puts(text);
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 1000000;
    if (soon.tv_nsec >= 1000000000) {
        soon.tv_sec++;
        soon.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&mutex);
    SHOW(pthread_cond_timedwait(&changed, &mutex, &soon) == ETIMEDOUT);
    return 0;
}
