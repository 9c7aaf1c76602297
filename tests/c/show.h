// What the small programs share: they print what calls return, and run
// natively and in a sandbox with the same output.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// An expression and its value; for -1 also the error. errno stays what it was.
#define SHOW(e)                                                                        \
    do {                                                                               \
        long long shown_ = (long long)(e);                                             \
        int error_ = errno;                                                            \
        printf("%s = %lld%s%s\n", #e, shown_, shown_ == -1 ? ": " : "",                \
               shown_ == -1 ? strerror(error_) : "");                                  \
        fflush(stdout);                                                                \
        errno = error_;                                                                \
    } while (0)

// Bytes as text.
__attribute__((unused)) static void show_bytes(const char *what, const void *bytes, size_t len)
{
    printf("%s: \"", what);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = ((const unsigned char *)bytes)[i];
        printf(c >= ' ' && c <= '~' ? "%c" : "\\%03o", c);
    }
    printf("\"\n");
}

// Makes a file with this text.
__attribute__((unused)) static void make(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) != 0)
        printf("cannot make %s: %s\n", path, strerror(errno));
}
