// Readers share, writers do not.
#include "../show.h"
#include <pthread.h>
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static long a, b;
static int torn;

static void *work(void *argument)
{
    for (int i = 0; i < 2000; i++)
        if (argument) {
            pthread_rwlock_wrlock(&lock);
            a++;
            b++;
            pthread_rwlock_unlock(&lock);
        } else {
            pthread_rwlock_rdlock(&lock);
            if (a != b)
                __atomic_fetch_add(&torn, 1, __ATOMIC_RELAXED);
            pthread_rwlock_unlock(&lock);
        }
    return NULL;
}

int main(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, work, i % 2 ? &a : NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    SHOW(a);
    SHOW(torn);
    SHOW(pthread_rwlock_tryrdlock(&lock));
    SHOW(pthread_rwlock_tryrdlock(&lock));
    SHOW(pthread_rwlock_trywrlock(&lock) == EBUSY);
    return 0;
}
