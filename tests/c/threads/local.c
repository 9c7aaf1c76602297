// Each thread has variables of its own, and what ends them.
#include "../show.h"
#include <pthread.h>
static __thread int mine = 5;
static __thread char block[1000];
static pthread_key_t key;
static int destroyed;

static void destroy(void *value)
{
    __atomic_fetch_add(&destroyed, (int)(intptr_t)value, __ATOMIC_SEQ_CST);
}

static void *use(void *argument)
{
    int number = (int)(intptr_t)argument, sum = 0;
    pthread_setspecific(key, argument);
    memset(block, number, sizeof block);
    for (int i = 0; i < 100; i++) {
        mine += number;
        sched_yield();
    }
    for (int i = 0; i < 1000; i++)
        sum += block[i] != number;
    return (void *)(intptr_t)(sum + (pthread_getspecific(key) != argument) * 10000 + mine);
}

int main(void)
{
    pthread_t threads[6];
    void *result;
    pthread_key_create(&key, destroy);
    for (intptr_t i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, use, (void *)(i + 1));
    for (int i = 0; i < 6; i++) {
        pthread_join(threads[i], &result);
        printf("%ld ", (long)(intptr_t)result);
    }
    puts("");
    SHOW(mine);
    SHOW(destroyed);
    return 0;
}
