/* Threads: mutexes, condition variables, thread-local values, barriers, locks
 * for readers and writers, once, joining and detaching, ends in any order. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long counter;

static void *count(void *argument)
{
    for (int i = 0; i < 20000; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    return argument;
}

static void mutexes(void)
{
    pthread_t threads[THREADS];
    long results = 0;
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, count, (void *)i);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        results += (long)result;
    }
    printf("counted %ld, results %ld\n", counter, results);

    pthread_mutexattr_t attributes;
    pthread_mutex_t checked;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&checked, &attributes);
    printf("unlock %d", pthread_mutex_unlock(&checked) == EPERM);
    pthread_mutex_lock(&checked);
    printf(" lock twice %d\n", pthread_mutex_lock(&checked) == EDEADLK);
    pthread_mutex_unlock(&checked);
    pthread_mutex_destroy(&checked);
}

/* Items go from producers to consumers through a ring of four places. */
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static int ring[4], used, first;

static void *produce(void *argument)
{
    for (int i = 1; i <= 2000; i++) {
        pthread_mutex_lock(&mutex);
        while (used == 4)
            pthread_cond_wait(&not_full, &mutex);
        ring[(first + used++) % 4] = i;
        pthread_cond_signal(&not_empty);
        pthread_mutex_unlock(&mutex);
    }
    return argument;
}

static void *consume(void *argument)
{
    long *sum = argument;
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&mutex);
        while (used == 0)
            pthread_cond_wait(&not_empty, &mutex);
        *sum += ring[first];
        first = (first + 1) % 4;
        used--;
        pthread_cond_signal(&not_full);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void conditions(void)
{
    pthread_t threads[6];
    long sums[3] = {0};
    for (int i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, produce, NULL);
        pthread_create(&threads[3 + i], NULL, consume, &sums[i]);
    }
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    printf("consumed %ld\n", sums[0] + sums[1] + sums[2]);

    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 2000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&mutex);
    int result;
    while ((result = pthread_cond_timedwait(&not_empty, &mutex, &until)) == 0)
        ;
    pthread_mutex_unlock(&mutex);
    printf("timed out %d\n", result == ETIMEDOUT);
}

static pthread_barrier_t barrier;
static int phases[THREADS];
static int serial;

static void *step(void *argument)
{
    long own = (long)argument;
    for (int phase = 1; phase <= 50; phase++) {
        phases[own] = phase;
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
            serial++;
        for (int i = 0; i < THREADS; i++)
            if (phases[i] < phase)
                return (void *)1;
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static void barriers(void)
{
    pthread_t threads[THREADS];
    long late = 0;
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, step, (void *)i);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        late += (long)result;
    }
    pthread_barrier_destroy(&barrier);
    printf("barrier: %d serial, %ld late\n", serial, late);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static long pair[2];

static void *read_pairs(void *argument)
{
    long torn = 0;
    for (int i = 0; i < 3000; i++) {
        pthread_rwlock_rdlock(&rwlock);
        torn += pair[0] != pair[1];
        pthread_rwlock_unlock(&rwlock);
    }
    return (void *)torn;
}

static void *write_pairs(void *argument)
{
    for (int i = 0; i < 1000; i++) {
        pthread_rwlock_wrlock(&rwlock);
        pair[0]++;
        pair[1]++;
        pthread_rwlock_unlock(&rwlock);
    }
    return NULL;
}

static void rwlocks(void)
{
    pthread_t threads[6];
    long torn = 0;
    for (int i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, i % 3 ? read_pairs : write_pairs, NULL);
    for (int i = 0; i < 6; i++) {
        void *result;
        pthread_join(threads[i], &result);
        torn += (long)result;
    }
    printf("pairs %ld %ld, torn %ld\n", pair[0], pair[1], torn);
}

static __thread int local = 7;
static __thread char big[10000];
static thread_local int *pointer;
static pthread_key_t key;
static int destroyed;

static void destroy(void *value)
{
    __atomic_fetch_add(&destroyed, *(int *)value, __ATOMIC_SEQ_CST);
    free(value);
}

static void *use_locals(void *argument)
{
    int start = local, *value = malloc(sizeof *value);
    *value = 1;
    pthread_setspecific(key, value);
    local += (int)(long)argument;
    memset(big, (int)(long)argument, sizeof big);
    pointer = &local;
    errno = (int)(long)argument;
    sched_yield();
    int whole = big[0] == big[sizeof big - 1] && big[0] == (char)(long)argument;
    return (void *)(long)(start == 7 && *pointer == 7 + (long)argument && whole && errno == (long)argument);
}

static void locals(void)
{
    pthread_t threads[THREADS];
    long right = 0;
    pthread_key_create(&key, destroy);
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, use_locals, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        right += (long)result;
    }
    printf("thread-local values of %ld right, %d destroyed, own %d\n", right, destroyed, local);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int initialised;

static void initialise(void)
{
    usleep(1000);
    initialised++;
}

static void *use_once(void *argument)
{
    pthread_once(&once, initialise);
    return (void *)(long)initialised;
}

static sem_t ended;

static void *end_detached(void *argument)
{
    usleep((useconds_t)(long)argument);
    sem_post(&ended);
    return NULL;
}

static void ends(void)
{
    pthread_t threads[THREADS];
    long sum = 0;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, use_once, NULL);
    for (int i = THREADS - 1; i >= 0; i--) {
        void *result;
        pthread_join(threads[i], &result);
        sum += (long)result;
    }
    printf("once: %d, seen by %ld\n", initialised, sum);

    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 65536);
    sem_init(&ended, 0, 0);
    int made = 0;
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        while (pthread_create(&thread, &attributes, end_detached, (void *)(long)(i * 37 % 500)) != 0)
            sched_yield();
        made++;
    }
    for (int i = 0; i < made; i++)
        while (sem_wait(&ended) != 0)
            ;
    printf("%d detached threads have ended\n", made);
}

static int c11(void *argument)
{
    mtx_t *lock = argument;
    mtx_lock(lock);
    mtx_unlock(lock);
    return 42;
}

static void c11_threads(void)
{
    thrd_t thread;
    mtx_t lock;
    int result;
    mtx_init(&lock, mtx_plain);
    thrd_create(&thread, c11, &lock);
    thrd_join(thread, &result);
    printf("C11: %d\n", result);
}

static void *malloc_and_free(void *argument)
{
    unsigned seed = (unsigned)(long)argument;
    unsigned char *blocks[64] = {0};
    long wrong = 0;
    for (int i = 0; i < 4000; i++) {
        seed = seed * 1103515245 + 12345;
        unsigned slot = seed >> 16 & 63, size = seed >> 8 & 1023;
        if (blocks[slot])
            wrong += blocks[slot][0] != (unsigned char)(long)argument;
        free(blocks[slot]);
        blocks[slot] = malloc(size + 1);
        memset(blocks[slot], (int)(long)argument, size + 1);
    }
    for (int i = 0; i < 64; i++)
        free(blocks[i]);
    return (void *)wrong;
}

static void allocations(void)
{
    pthread_t threads[4];
    long wrong = 0;
    for (long i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, malloc_and_free, (void *)(i + 1));
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        wrong += (long)result;
    }
    printf("allocations: %ld wrong\n", wrong);
}

static void *outlive(void *argument)
{
    pthread_join(*(pthread_t *)argument, NULL);
    printf("the first thread has ended, this one ends the program\n");
    return NULL;
}

int main(void)
{
    static pthread_t self, last;
    mutexes();
    conditions();
    barriers();
    rwlocks();
    locals();
    ends();
    c11_threads();
    allocations();
    self = pthread_self();
    pthread_create(&last, NULL, outlive, &self);
    pthread_exit(NULL);
}
