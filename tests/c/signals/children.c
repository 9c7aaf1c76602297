// What has no children says so.
#include "../show.h"
#include <sys/wait.h>

int main(void)
{
    int status;
    SHOW(wait(&status));
    SHOW(waitpid(-1, &status, WNOHANG));
    SHOW(signal(SIGCHLD, SIG_IGN) == SIG_DFL);
    SHOW(raise(SIGCHLD));
    SHOW(raise(SIGWINCH));
    SHOW(raise(SIGURG));
    SHOW(raise(SIGCONT));
    return 0;
}
