// A megabyte in one call, and in odd pieces.
#include "../show.h"

int main(void)
{
    size_t len = 1 << 20, at = 0, step = 1;
    unsigned char *data = malloc(len), *back = malloc(len);
    for (size_t i = 0; i < len; i++)
        data[i] = (uint32_t)i * 2654435761u >> 13;
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    SHOW(write(fd, data, len));
    SHOW(pread(fd, back, len, 0));
    SHOW(memcmp(data, back, len));
    lseek(fd, 0, SEEK_SET);
    memset(back, 0, len);
    while (at < len) {
        ssize_t n = read(fd, back + at, step);
        if (n <= 0)
            break;
        at += n;
        step = step * 7 % 65521 + 1;
    }
    SHOW(at);
    SHOW(memcmp(data, back, len));
    return 0;
}
