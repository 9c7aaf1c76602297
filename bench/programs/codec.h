// Compresses files and decompresses them again: what all programs over
// compression libraries share. Arguments: level, most bytes of a file, files.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// To be defined: an upper bound for n bytes compressed; both ways, which
// return the number of bytes written, 0 on failure.
static size_t bound(size_t n);
static size_t pack(int level, const uint8_t *from, size_t n, uint8_t *to, size_t room);
static size_t unpack(const uint8_t *from, size_t n, uint8_t *to, size_t room);

static uint32_t checksum(const uint8_t *data, size_t n) {
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < n; i++) sum = (sum ^ data[i]) * 16777619u;
    return sum;
}

static int both_ways(int level, int rounds, size_t most, const char *name) {
    FILE *file = fopen(name, "rb");
    uint8_t *data = malloc(most), *packed = malloc(bound(most)), *again = malloc(most);
    if (!file || !data || !packed || !again) return 1;
    size_t n = fread(data, 1, most, file);
    fclose(file);
    size_t size = 0;
    for (int round = 0; round < rounds; round++) {
        size = pack(level, data, n, packed, bound(most));
        if (size == 0 || unpack(packed, size, again, most) != n || memcmp(data, again, n) != 0) return 1;
    }
    printf("%s: %zu -> %zu bytes, checksum %08x\n", name, n, size, checksum(packed, size));
    free(data);
    free(packed);
    free(again);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    for (int i = 4; i < argc; i++)
        if (both_ways(atoi(argv[1]), atoi(argv[2]), (size_t)atol(argv[3]), argv[i]) != 0) {
            printf("%s: failed\n", argv[i]);
            return 1;
        }
    return 0;
}
