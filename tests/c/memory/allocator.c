// malloc and its relatives keep what is written.
#include "../show.h"

int main(void)
{
    enum { COUNT = 500 };
    unsigned char *blocks[COUNT] = {0};
    size_t sizes[COUNT], wrong = 0;
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        seed = seed * 1664525 + 1013904223;
        int i = seed >> 8 & 0xffff;
        i %= COUNT;
        if (blocks[i])
            for (size_t k = 0; k < sizes[i]; k += 97)
                wrong += blocks[i][k] != (unsigned char)i;
        size_t size = (seed >> 4) % 3 ? seed >> 24 : seed >> 17;
        if (seed & 1) {
            free(blocks[i]);
            blocks[i] = malloc(size + 1);
        } else {
            blocks[i] = realloc(blocks[i], size + 1);
        }
        sizes[i] = size + 1;
        memset(blocks[i], i, size + 1);
    }
    SHOW(wrong);
    return 0;
}
