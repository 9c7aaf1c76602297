// Semaphores count.
#include "../show.h"
#include <pthread.h>
#include <semaphore.h>
static sem_t items, room;
static int queue[4], in, sum;

static void *produce(void *unused)
{
    for (int i = 1; i <= 100; i++) {
        sem_wait(&room);
        queue[in++ % 4] = i;
        sem_post(&items);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;
    int value;
    SHOW(sem_init(&items, 0, 0));
    SHOW(sem_init(&room, 0, 4));
    pthread_create(&thread, NULL, produce, NULL);
    for (int out = 0; out < 100; out++) {
        sem_wait(&items);
        sum += queue[out % 4];
        sem_post(&room);
    }
    pthread_join(thread, NULL);
    SHOW(sum);
    SHOW(sem_trywait(&items));
    SHOW(sem_getvalue(&room, &value));
    SHOW(value);
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    SHOW(sem_timedwait(&items, &soon));
    return 0;
}
