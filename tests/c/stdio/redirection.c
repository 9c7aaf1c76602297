// freopen and fdopen.
#include "../show.h"

int main(void)
{
    char buffer[16];
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    FILE *f = fdopen(fd, "r+");
    SHOW(fileno(f) == fd);
    fputs("by stream", f);
    fflush(f);
    SHOW(pread(fd, buffer, 16, 0));
    SHOW((f = freopen("g", "w", f)) != NULL);
    fputs("elsewhere", f);
    SHOW(fclose(f));
    SHOW((f = fopen("g", "r")) != NULL);
    SHOW(fread(buffer, 1, 16, f));
    show_bytes("g", buffer, 9);
    SHOW(fdopen(99, "r") == NULL);
    return 0;
}
