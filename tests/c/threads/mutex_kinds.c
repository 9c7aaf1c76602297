// Recursive and checking mutexes.
#include "../show.h"
#include <pthread.h>

int main(void)
{
    pthread_mutexattr_t kind;
    pthread_mutex_t recursive, checking;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&recursive, &kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&checking, &kind);
    SHOW(pthread_mutex_lock(&recursive));
    SHOW(pthread_mutex_lock(&recursive));
    SHOW(pthread_mutex_unlock(&recursive));
    SHOW(pthread_mutex_unlock(&recursive));
    SHOW(pthread_mutex_unlock(&recursive) == EPERM);
    SHOW(pthread_mutex_lock(&checking));
    SHOW(pthread_mutex_lock(&checking) == EDEADLK);
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    SHOW(pthread_mutex_timedlock(&recursive, &soon));
    return 0;
}
