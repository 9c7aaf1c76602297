// Two hundred descriptors, all different.
#include "../show.h"

int main(void)
{
    int fds[200], sum = 0;
    for (int i = 0; i < 200; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", i);
        fds[i] = open(name, O_RDWR | O_CREAT, 0644);
        write(fds[i], name, strlen(name));
    }
    for (int i = 199; i >= 0; i--) {
        char name[16] = "";
        pread(fds[i], name, 15, 0);
        sum += atoi(name + 1);
        close(fds[i]);
        snprintf(name, sizeof name, "f%d", i);
        unlink(name);
    }
    SHOW(sum);
    return 0;
}
