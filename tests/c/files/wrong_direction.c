// Reading what is open to write, and the other way round.
#include "../show.h"

int main(void)
{
    char c;
    make("f", "abc");
    int in = open("f", O_RDONLY), out = open("f", O_WRONLY), dir = open(".", O_RDONLY);
    SHOW(write(in, "x", 1));
    SHOW(read(out, &c, 1));
    SHOW(read(dir, &c, 1));
    SHOW(write(dir, &c, 1));
    SHOW(read(77, &c, 1));
    SHOW(write(-1, &c, 1));
    SHOW(write(out, (void *)16, 4));
    SHOW(read(in, (void *)16, 4));
    SHOW(read(in, &c, 0));
    SHOW(ftruncate(dir, 0));
    SHOW(fsync(in));
    SHOW(fdatasync(out));
    SHOW(fsync(77));
    return 0;
}
