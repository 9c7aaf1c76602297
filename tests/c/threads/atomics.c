// Atomic operations of all sizes.
#include "../show.h"
#include <pthread.h>
#include <stdatomic.h>
static atomic_char c;
static atomic_short s;
static atomic_int n;
static atomic_long l;
static _Atomic double d;
static atomic_flag flag = ATOMIC_FLAG_INIT;
static long plain;

static void *work(void *unused)
{
    for (int i = 0; i < 5000; i++) {
        c++;
        s += 3;
        n ^= i;
        atomic_fetch_add(&l, 7);
        d += 0.5;
        while (atomic_flag_test_and_set(&flag))
            ;
        plain++;
        atomic_flag_clear(&flag);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("%d %d %d %ld %g %ld\n", c, s, n, l, d, plain);
    int expected = 1;
    SHOW(atomic_compare_exchange_strong(&n, &expected, 2));
    return 0;
}
