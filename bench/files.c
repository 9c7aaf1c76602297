// What calls about files take: FILE ROUNDS. Build it natively and by lfi-cc.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char buffer[65536];
static const char *path;
static int fd;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void read_much(void) { pread(fd, buffer, sizeof buffer, 0); }
static void write_much(void) { pwrite(fd, buffer, sizeof buffer, 0); }
static void read_little(void) { pread(fd, buffer, 1, 0); }
static void open_close(void) { close(open(path, O_RDONLY)); }
static void stay_inside(void) { umask(022); }

// The best of some rounds, in nanoseconds a call.
static void measure(const char *name, void (*call)(void), int calls)
{
    double best = 1e18;
    for (int round = 0; round < 15; round++) {
        double start = now();
        for (int i = 0; i < calls; i++)
            call();
        double each = (now() - start) / calls;
        if (each < best)
            best = each;
    }
    printf("%-14s %6.0f\n", name, best);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    path = argv[1];
    fd = open(path, O_RDWR | O_CREAT, 0644);
    if (fd < 0 || write(fd, buffer, sizeof buffer) != sizeof buffer)
        return 1;
    int calls = atoi(argv[2]);
    measure("pread 64 KiB", read_much, calls);
    measure("pwrite 64 KiB", write_much, calls);
    measure("open, close", open_close, calls);
    measure("pread 1", read_little, calls);
    measure("umask", stay_inside, calls);
    return 0;
}
