// Threads that nobody joins, and one that outlives main.
#include "../show.h"
#include <pthread.h>
static int done;

static void *work(void *argument)
{
    __atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void *last(void *argument)
{
    pthread_join(*(pthread_t *)argument, NULL);
    puts("after main");
    exit(3);
}

int main(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    static pthread_t self;
    pthread_attr_init(&attributes);
    SHOW(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED));
    SHOW(pthread_attr_setstacksize(&attributes, 65536));
    for (int i = 0; i < 20; i++)
        pthread_create(&thread, &attributes, work, NULL);
    while (__atomic_load_n(&done, __ATOMIC_SEQ_CST) < 20)
        usleep(100);
    SHOW(done);
    self = pthread_self();
    pthread_create(&thread, NULL, last, &self);
    pthread_exit(NULL);
    return 0;
}
