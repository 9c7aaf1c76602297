// A thread is cancelled where it waits, and cleans up.
#include "../show.h"
#include <pthread.h>
static int ends[2], cleaned;

static void clean(void *by)
{
    cleaned += *(int *)by;
}

static void *wait_for_ever(void *unused)
{
    char c;
    int by = 3;
    pthread_cleanup_push(clean, &by);
    read(ends[0], &c, 1);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *defer(void *unused)
{
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    pthread_cancel(pthread_self());
    cleaned = 10;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    pthread_testcancel();
    cleaned = 20;
    return NULL;
}

int main(void)
{
    pthread_t thread;
    void *result;
    SHOW(pipe(ends));
    pthread_create(&thread, NULL, wait_for_ever, NULL);
    usleep(5000);
    SHOW(pthread_cancel(thread));
    SHOW(pthread_join(thread, &result));
    SHOW(result == PTHREAD_CANCELED);
    SHOW(cleaned);
    pthread_create(&thread, NULL, defer, NULL);
    SHOW(pthread_join(thread, &result));
    SHOW(result == PTHREAD_CANCELED);
    SHOW(cleaned);
    return 0;
}
