// New descriptors are the lowest free ones.
#include "../show.h"

int main(void)
{
    int fd[4];
    for (int i = 0; i < 4; i++)
        fd[i] = open("f", O_RDWR | O_CREAT, 0644);
    for (int i = 1; i < 4; i++)
        SHOW(fd[i] - fd[0] == i);
    SHOW(close(fd[1]));
    SHOW(close(fd[2]));
    SHOW(open("f", O_RDONLY) == fd[1]);
    SHOW(dup(fd[0]) == fd[2]);
    SHOW(dup(fd[0]) == fd[3] + 1);
    return 0;
}
