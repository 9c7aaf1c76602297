// One kind of system call over and over: CASE DIRECTORY COUNT. Prints nanoseconds a call.
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static char buffer[65536];
static char path[256];
static int fd, ends[2];

static void check(int good)
{
    if (!good) {
        perror("system call");
        exit(1);
    }
}

static void make_file(const char *directory)
{
    snprintf(path, sizeof path, "%s/system-calls", directory);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    check(fd >= 0 && write(fd, buffer, sizeof buffer) == sizeof buffer);
}

static void make_pipe(const char *directory)
{
    (void)directory;
    check(pipe(ends) == 0);
}

static void nothing(const char *directory) { (void)directory; }

static void read_much(void) { check(pread(fd, buffer, sizeof buffer, 0) == sizeof buffer); }
static void write_much(void) { check(pwrite(fd, buffer, sizeof buffer, 0) == sizeof buffer); }
static void read_little(void) { check(pread(fd, buffer, 1, 0) == 1); }

static void through_pipe(void)
{
    check(write(ends[1], buffer, sizeof buffer) == sizeof buffer);
    check(read(ends[0], buffer, sizeof buffer) == sizeof buffer);
}

static void open_close(void)
{
    int opened = open(path, O_RDONLY);
    check(opened >= 0 && close(opened) == 0);
}

static void status(void)
{
    struct stat found;
    check(stat(path, &found) == 0);
}

// Answered by the layer alone.
static void groups(void) { check(getgroups(0, NULL) >= 0); }
// Answered without leaving the sandbox.
static void id(void) { check(syscall(SYS_getpid) > 0); }

// Two threads that wake each other; a word is whose turn it is.
static atomic_int turn;
static long exchanges;

static void futex(int operation, int value) { syscall(SYS_futex, &turn, operation | FUTEX_PRIVATE_FLAG, value, NULL); }

static void hand_over(int mine)
{
    while (atomic_load(&turn) != mine)
        futex(FUTEX_WAIT, !mine);
    atomic_store(&turn, !mine);
    futex(FUTEX_WAKE, 1);
}

static void *other(void *argument)
{
    (void)argument;
    for (long i = 0; i < exchanges; i++)
        hand_over(1);
    return NULL;
}

static const struct {
    const char *name;
    void (*prepare)(const char *directory);
    void (*call)(void);
} CASES[] = {
    {"pread-64k", make_file, read_much},  {"pwrite-64k", make_file, write_much}, {"pipe-64k", make_pipe, through_pipe},
    {"pread-1", make_file, read_little},  {"open-close", make_file, open_close}, {"stat", make_file, status},
    {"getgroups", nothing, groups},       {"getpid", nothing, id},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    long count = atol(argv[3]);
    double start = 0;
    if (strcmp(argv[1], "futex") == 0) {
        pthread_t thread;
        exchanges = count;
        check(pthread_create(&thread, NULL, other, NULL) == 0);
        start = now();
        for (long i = 0; i < count; i++)
            hand_over(0);
        check(pthread_join(thread, NULL) == 0);
    }
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        if (strcmp(argv[1], CASES[i].name) == 0) {
            CASES[i].prepare(argv[2]);
            start = now();
            for (long j = 0; j < count; j++)
                CASES[i].call();
        }
    }
    if (start == 0)
        return 2;
    printf("%.1f\n", (now() - start) / (double)count);
    return 0;
}
