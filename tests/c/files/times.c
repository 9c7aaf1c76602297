// Times of files are set, to the nanosecond.
#include "../show.h"

int main(void)
{
    struct stat s;
    make("f", "");
    struct timespec times[2] = {{1000000000, 123456789}, {1500000000, 987654321}};
    SHOW(utimensat(AT_FDCWD, "f", times, 0));
    stat("f", &s);
    printf("%lld.%09ld %lld.%09ld\n", (long long)s.st_atim.tv_sec, s.st_atim.tv_nsec,
           (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
    times[0].tv_nsec = UTIME_OMIT;
    times[1] = (struct timespec){42, 0};
    int fd = open("f", O_RDWR);
    SHOW(futimens(fd, times));
    fstat(fd, &s);
    printf("%lld %lld\n", (long long)s.st_atim.tv_sec, (long long)s.st_mtim.tv_sec);
    struct timeval old[2] = {{7, 0}, {8, 500000}};
    SHOW(utimes("f", old));
    fstat(fd, &s);
    printf("%lld %lld.%ld\n", (long long)s.st_atim.tv_sec, (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
    times[1].tv_nsec = 2000000000;
    SHOW(futimens(fd, times));
    SHOW(utimensat(AT_FDCWD, "f", NULL, 0));
    fstat(fd, &s);
    SHOW(llabs((long long)time(NULL) - s.st_mtim.tv_sec) < 5);
    return 0;
}
