// A pipe with a name.
#include "../show.h"

int main(void)
{
    struct stat s;
    char buffer[8];
    SHOW(mkfifo("p", 0600));
    SHOW(stat("p", &s));
    SHOW(S_ISFIFO(s.st_mode));
    SHOW(open("p", O_WRONLY | O_NONBLOCK));
    int in = open("p", O_RDONLY | O_NONBLOCK), out = open("p", O_WRONLY);
    SHOW(write(out, "fifo", 4));
    SHOW(read(in, buffer, 8));
    show_bytes("read", buffer, 4);
    SHOW(read(in, buffer, 8));
    SHOW(close(out));
    SHOW(read(in, buffer, 8));
    SHOW(mkfifo("p", 0600));
    SHOW(unlink("p"));
    return 0;
}
