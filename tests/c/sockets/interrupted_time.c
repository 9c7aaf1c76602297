// A socket waits only as long as it may, however many signals come meanwhile.
#include "../show.h"
#include <sys/socket.h>

static volatile sig_atomic_t count;

static void handler(int signal)
{
    count++;
}

int main(void)
{
    int ends[2];
    char c;
    struct timeval time = {0, 300000};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 20000}, {0, 20000}}, never = {0};
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    SHOW(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
    SHOW(read(ends[0], &c, 1));
    sigaction(SIGALRM, &action, NULL);
    SHOW(setitimer(ITIMER_REAL, &often, NULL));
    SHOW(read(ends[0], &c, 1));
    SHOW(recv(ends[0], &c, 1, 0));
    SHOW(setitimer(ITIMER_REAL, &never, NULL));
    SHOW(count >= 2);
    return 0;
}
