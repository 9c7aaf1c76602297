// A wait with a time ends then, however many signals come meanwhile, and whoever takes them.
#include "../show.h"
#include <pthread.h>
#include <semaphore.h>

static volatile sig_atomic_t count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t asked;

static void handler(int signal)
{
    count++;
}

/* Whether a tenth of a second is over soon after a tenth of a second. */
static int wait_a_while(void)
{
    struct timespec start, until, end;
    clock_gettime(CLOCK_REALTIME, &start);
    until = start;
    until.tv_nsec += 100000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    int result;
    do
        result = pthread_cond_timedwait(&condition, &mutex, &until);
    while (!result);
    clock_gettime(CLOCK_REALTIME, &end);
    SHOW(result == ETIMEDOUT);
    return end.tv_sec - start.tv_sec <= 5;
}

/* The process gets a signal, which the sender can take as well. */
static void *send(void *argument)
{
    sem_wait(&asked);
    usleep(20000);
    kill(getpid(), SIGUSR1);
    return argument;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 5000}, {0, 5000}}, never = {0};
    pthread_t sender;
    sem_init(&asked, 0, 0);
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    pthread_mutex_lock(&mutex);

    SHOW(pthread_create(&sender, NULL, send, NULL));
    sem_post(&asked);
    SHOW(wait_a_while());
    SHOW(pthread_join(sender, NULL));
    SHOW(count);

    SHOW(setitimer(ITIMER_REAL, &often, NULL));
    SHOW(wait_a_while());
    SHOW(setitimer(ITIMER_REAL, &never, NULL));
    SHOW(count > 1);
    return 0;
}
