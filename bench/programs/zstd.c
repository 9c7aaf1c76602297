// zstd both ways, see codec.h.
#include "codec.h"

#include <zstd.h>

static size_t bound(size_t n) { return ZSTD_compressBound(n); }

static size_t pack(int level, const uint8_t *from, size_t n, uint8_t *to, size_t room) {
    size_t size = ZSTD_compress(to, room, from, n, level);
    return ZSTD_isError(size) ? 0 : size;
}

static size_t unpack(const uint8_t *from, size_t n, uint8_t *to, size_t room) {
    size_t size = ZSTD_decompress(to, room, from, n);
    return ZSTD_isError(size) ? 0 : size;
}
