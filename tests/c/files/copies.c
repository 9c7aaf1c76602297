// copy_file_range and sendfile.
#include "../show.h"
#include <sys/sendfile.h>

int main(void)
{
    char buffer[32];
    make("from", "0123456789abcdef");
    int from = open("from", O_RDONLY), to = open("to", O_RDWR | O_CREAT, 0644);
    off_t at = 4;
    SHOW(copy_file_range(from, &at, to, NULL, 6, 0));
    SHOW(at);
    SHOW(lseek(from, 0, SEEK_CUR));
    at = 10;
    SHOW(sendfile(to, from, &at, 100));
    SHOW(at);
    SHOW(sendfile(to, from, NULL, 3));
    SHOW(lseek(from, 0, SEEK_CUR));
    SHOW(pread(to, buffer, sizeof buffer, 0));
    show_bytes("to", buffer, 15);
    SHOW(copy_file_range(from, NULL, to, NULL, 1, 1));
    SHOW(sendfile(from, to, NULL, 1));
    return 0;
}
