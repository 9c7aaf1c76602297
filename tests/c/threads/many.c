// A thousand threads, one after the other and some at a time.
#include "../show.h"
#include <pthread.h>
static void *add(void *argument)
{
    __atomic_fetch_add((int *)argument, 1, __ATOMIC_SEQ_CST);
    return argument;
}

int main(void)
{
    int count = 0, failed = 0;
    pthread_t threads[20];
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 20; i++)
            failed += pthread_create(&threads[i], NULL, add, &count) != 0;
        for (int i = 0; i < 20; i++)
            pthread_join(threads[i], NULL);
    }
    SHOW(count);
    SHOW(failed);
    return 0;
}
