// The exit status is a byte.
#include "../show.h"

int main(void)
{
    fputs("not written, since it is buffered", stdout);
    _exit(0x1234);
    return 0;
}
