// zlib both ways, see codec.h.
#include "codec.h"

#include <zlib.h>

static size_t bound(size_t n) { return compressBound(n); }

static size_t pack(int level, const uint8_t *from, size_t n, uint8_t *to, size_t room) {
    uLongf size = room;
    return compress2(to, &size, from, n, level) == Z_OK ? size : 0;
}

static size_t unpack(const uint8_t *from, size_t n, uint8_t *to, size_t room) {
    uLongf size = room;
    return uncompress(to, &size, from, n) == Z_OK ? size : 0;
}
