/* A thread ends the program while others wait, sleep, read and compute. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;
static int fds[2];

static void *run(void *argument)
{
    volatile long count = 0;
    pthread_barrier_wait(&barrier);
    switch ((long)argument) {
    case 0:
        pthread_mutex_lock(&mutex);
        break;
    case 1:
        sleep(1000);
        break;
    case 2:
        read(fds[0], &(char){0}, 1);
        break;
    default:
        for (;;)
            count++;
    }
    puts("not reached");
    return NULL;
}

int main(void)
{
    pthread_mutex_lock(&mutex);
    pipe(fds);
    pthread_barrier_init(&barrier, NULL, 5);
    for (long i = 0; i < 4; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, run, (void *)i);
    }
    pthread_barrier_wait(&barrier);
    usleep(5000);
    puts("ending");
    fflush(stdout);
    _exit(23);
}
