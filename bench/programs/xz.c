// liblzma both ways, see codec.h.
#include "codec.h"

#include <lzma.h>

static size_t bound(size_t n) { return lzma_stream_buffer_bound(n); }

static size_t pack(int level, const uint8_t *from, size_t n, uint8_t *to, size_t room) {
    size_t size = 0;
    return lzma_easy_buffer_encode((uint32_t)level, LZMA_CHECK_CRC64, 0, from, n, to, &size, room) == LZMA_OK ? size
                                                                                                              : 0;
}

static size_t unpack(const uint8_t *from, size_t n, uint8_t *to, size_t room) {
    uint64_t memory = UINT64_MAX;
    size_t in = 0, size = 0;
    return lzma_stream_buffer_decode(&memory, 0, 0, from, &in, n, to, &size, room) == LZMA_OK ? size : 0;
}
