// A megabyte through a pipe from one thread to another.
#include "../show.h"
#include <pthread.h>
static int ends[2];

static void *writer(void *unused)
{
    unsigned char block[3000];
    for (unsigned at = 0; at < 1 << 20;) {
        size_t n = sizeof block < (1 << 20) - at ? sizeof block : (1 << 20) - at;
        for (size_t i = 0; i < n; i++)
            block[i] = (at + i) * 31 >> 3;
        for (size_t done = 0; done < n;)
            done += write(ends[1], block + done, n - done);
        at += n;
    }
    close(ends[1]);
    return NULL;
}

int main(void)
{
    unsigned char block[4096];
    unsigned total = 0, wrong = 0;
    pthread_t thread;
    SHOW(pipe(ends));
    SHOW(pthread_create(&thread, NULL, writer, NULL));
    for (ssize_t n; (n = read(ends[0], block, sizeof block)) > 0; total += n)
        for (ssize_t i = 0; i < n; i++)
            wrong += block[i] != (unsigned char)((total + i) * 31 >> 3);
    SHOW(pthread_join(thread, NULL));
    SHOW(total);
    SHOW(wrong);
    return 0;
}
