// Random numbers: of the system, and of the C library, which repeat.
#include "../show.h"
#include <sys/random.h>

int main(void)
{
    unsigned char a[64] = {0}, b[64] = {0};
    SHOW(getrandom(a, 64, 0));
    SHOW(getrandom(b, 64, GRND_NONBLOCK));
    SHOW(memcmp(a, b, 64) != 0);
    SHOW(getrandom(a, 64, 0x100));
    SHOW(getrandom((void *)8, 64, 0));
    SHOW(getentropy(a, 64));
    SHOW(getentropy(a, 300));
    srand(1);
    printf("%d %d\n", rand(), rand());
    srandom(5);
    printf("%ld %ld\n", random(), random());
    srand48(9);
    printf("%ld %f\n", lrand48(), drand48());
    return 0;
}
