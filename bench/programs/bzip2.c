// libbz2 both ways, see codec.h.
#include "codec.h"

#include <bzlib.h>

static size_t bound(size_t n) { return n + n / 100 + 600; } // as its manual says

static size_t pack(int level, const uint8_t *from, size_t n, uint8_t *to, size_t room) {
    unsigned size = (unsigned)room;
    return BZ2_bzBuffToBuffCompress((char *)to, &size, (char *)from, (unsigned)n, level, 0, 0) == BZ_OK ? size : 0;
}

static size_t unpack(const uint8_t *from, size_t n, uint8_t *to, size_t room) {
    unsigned size = (unsigned)room;
    return BZ2_bzBuffToBuffDecompress((char *)to, &size, (char *)from, (unsigned)n, 0, 0) == BZ_OK ? size : 0;
}
