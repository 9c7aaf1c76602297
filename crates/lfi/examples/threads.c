/* A library that may be used from many threads, and starts some of its own: threads.rs. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long total;
static __thread long mine;

/* What this thread has added so far. */
long add(long n)
{
    pthread_mutex_lock(&lock);
    total += n;
    pthread_mutex_unlock(&lock);
    return mine += n;
}

long sum(void)
{
    pthread_mutex_lock(&lock);
    long sum = total;
    pthread_mutex_unlock(&lock);
    return sum;
}

static void *worker(void *n)
{
    add((long)n);
    return 0;
}

/* Adds 1 to `count`, each on a thread of the library's own. */
int add_all(int count)
{
    pthread_t threads[8];
    if (count > 8)
        return -1;
    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], 0, worker, (void *)(i + 1L)))
            return -1;
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], 0);
    return 0;
}
