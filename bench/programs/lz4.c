// lz4 both ways, see codec.h; levels from 3 are those of LZ4 HC.
#include "codec.h"

#include <lz4.h>
#include <lz4hc.h>

static size_t bound(size_t n) { return (size_t)LZ4_compressBound((int)n); }

static size_t pack(int level, const uint8_t *from, size_t n, uint8_t *to, size_t room) {
    const char *data = (const char *)from;
    int size = level < 3 ? LZ4_compress_default(data, (char *)to, (int)n, (int)room)
                         : LZ4_compress_HC(data, (char *)to, (int)n, (int)room, level);
    return (size_t)size;
}

static size_t unpack(const uint8_t *from, size_t n, uint8_t *to, size_t room) {
    int size = LZ4_decompress_safe((const char *)from, (char *)to, (int)n, (int)room);
    return size < 0 ? 0 : (size_t)size;
}
