// Arguments, environment, time, random, exit handlers, thread-local storage.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static _Thread_local int counter = 5;
static _Thread_local char zeroed[100];
_Thread_local long visible = 77;

static void last(void) { puts("exit handler"); }
__attribute__((constructor)) static void first(void) { puts("constructor"); }
__attribute__((destructor)) static void after(void) { puts("destructor"); }

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) printf("argument %d: %s\n", i, argv[i]);
    printf("%s\n", getenv("LFI_TEST") ? getenv("LFI_TEST") : "unset");
    setenv("ADDED", "value", 1);
    printf("%s\n", getenv("ADDED"));
    counter += argc;
    visible++;
    printf("%d %d %ld\n", counter, zeroed[99], visible);
    errno = 3;
    printf("%d\n", errno);

    struct timespec a, b, pause = {0, 1000000};
    clock_gettime(CLOCK_MONOTONIC, &a);
    nanosleep(&pause, 0);
    clock_gettime(CLOCK_MONOTONIC, &b);
    long long ns = (b.tv_sec - a.tv_sec) * 1000000000ll + b.tv_nsec - a.tv_nsec;
    printf("%d\n", ns >= 1000000 && ns < 5000000000ll);
    printf("%d\n", time(0) > 1700000000);
    time_t t = 86400 * 365;
    char text[64];
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime(&t));
    puts(text);

    unsigned char random[64] = {0}, any = 0;
    printf("%zd ", getrandom(random, sizeof random, 0));
    for (int i = 0; i < 64; i++) any |= random[i];
    printf("%d\n", any != 0);
    struct utsname u;
    printf("%d %s\n", uname(&u), u.sysname);
    printf("%d %d\n", getpid() > 0, sysconf(_SC_PAGESIZE) == 4096);
    atexit(last);
    fflush(stdout);
    return argc;
}
