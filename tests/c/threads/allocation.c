// All threads allocate at once.
#include "../show.h"
#include <pthread.h>
static void *work(void *argument)
{
    unsigned seed = (unsigned)(intptr_t)argument, wrong = 0;
    char *blocks[50] = {0};
    for (int i = 0; i < 5000; i++) {
        int k = (seed = seed * 1664525 + 1013904223) >> 16;
        k %= 50;
        if (blocks[k] && blocks[k][0] != (char)k)
            wrong++;
        free(blocks[k]);
        size_t size = 1 + (seed >> 20);
        blocks[k] = malloc(size);
        memset(blocks[k], k, size);
    }
    for (int k = 0; k < 50; k++)
        free(blocks[k]);
    return (void *)(intptr_t)wrong;
}

int main(void)
{
    pthread_t threads[4];
    void *result;
    for (intptr_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &result);
        SHOW((intptr_t)result);
    }
    return 0;
}
