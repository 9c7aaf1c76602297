// Threads as C11 has them.
#include "../show.h"
#include <threads.h>
static mtx_t mutex;
static cnd_t condition;
static tss_t key;
static int stage;

static int run(void *argument)
{
    tss_set(key, argument);
    mtx_lock(&mutex);
    stage = 1;
    cnd_signal(&condition);
    mtx_unlock(&mutex);
    return tss_get(key) == argument ? 77 : 0;
}

int main(void)
{
    thrd_t thread;
    int result = 0;
    SHOW(mtx_init(&mutex, mtx_plain) == thrd_success);
    SHOW(cnd_init(&condition) == thrd_success);
    SHOW(tss_create(&key, NULL) == thrd_success);
    SHOW(thrd_create(&thread, run, &stage) == thrd_success);
    mtx_lock(&mutex);
    while (!stage)
        cnd_wait(&condition, &mutex);
    mtx_unlock(&mutex);
    SHOW(thrd_join(thread, &result) == thrd_success);
    SHOW(result);
    thrd_sleep(&(struct timespec){0, 1000}, NULL);
    return 0;
}
