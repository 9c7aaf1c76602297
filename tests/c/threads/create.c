// Threads take arguments and give results.
#include "../show.h"
#include <pthread.h>
static void *square(void *argument)
{
    return (void *)((intptr_t)argument * (intptr_t)argument);
}

int main(void)
{
    pthread_t threads[8];
    void *result;
    for (intptr_t i = 0; i < 8; i++)
        if (pthread_create(&threads[i], NULL, square, (void *)i) != 0)
            puts("cannot create");
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], &result);
        printf("%ld ", (long)(intptr_t)result);
    }
    puts("");
    SHOW(pthread_equal(pthread_self(), pthread_self()) != 0);
    return 0;
}
