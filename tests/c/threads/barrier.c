// Nobody passes before all have come.
#include "../show.h"
#include <pthread.h>
static pthread_barrier_t barrier;
static int arrived, early, last;

static void *meet(void *unused)
{
    for (int round = 1; round <= 20; round++) {
        __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
            __atomic_fetch_add(&last, 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < round * 4)
            early++;
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[4];
    pthread_barrier_init(&barrier, NULL, 4);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, meet, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    SHOW(arrived);
    SHOW(last);
    SHOW(early);
    return 0;
}
