/* A bit of everything that clang lays out: loops, calls of all sorts, a jump
 * table, copies, floating point, variable arguments, recursion, a large frame. */
typedef __builtin_va_list list;

void *memcpy(void *to, const void *from, unsigned long size) {
    for (volatile unsigned char *a = to, *b = (unsigned char *)from; size--;) *a++ = *b++;
    return to;
}
void *memset(void *to, int value, unsigned long size) {
    for (volatile unsigned char *a = to; size--;) *a++ = (unsigned char)value;
    return to;
}

struct block { long words[40]; };
static volatile long sink;
static unsigned char table[256];

static long one(long a) { return a * 3 + 1; }
static long two(long a) { return a ^ (a >> 7); }
static long (*const functions[])(long) = { one, two, one };

__attribute__((noinline)) static long sum(int count, ...) {
    list arguments;
    long total = 0;
    __builtin_va_start(arguments, count);
    while (count-- > 0) total += __builtin_va_arg(arguments, long);
    __builtin_va_end(arguments);
    return total;
}

__attribute__((noinline)) static long choose(int what, long a, long b) {
    switch (what) {
    case 0: return a + b;
    case 1: return a - b;
    case 2: return a * b;
    case 3: return b ? a / b : 0;
    case 4: return a << (b & 63);
    case 5: sink = a; return sink;
    case 6: return functions[(unsigned long)b % 3](a);
    case 7: return choose(what - 1, b, a) + 1;
    }
    return -1;
}

__attribute__((noinline)) static double mean(const double *values, unsigned long count) {
    double total = 0;
    for (unsigned long i = 0; i < count; i++) total += values[i];
    return count ? total / (double)count : 0;
}

__attribute__((noinline)) static struct block copy(const struct block *from) {
    struct block to = *from;
    for (int i = 0; i < 40; i += 3) to.words[i] = to.words[39 - i];
    return to;
}

__attribute__((noinline)) static unsigned crc(const unsigned char *data, unsigned long size) {
    unsigned value = ~0u;
    for (unsigned long i = 0; i < size; i++) {
        value ^= data[i];
        for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
        table[value & 255]++;
    }
    return ~value;
}

void _start(void) {
    struct block a = { { 1, 2, 3 } };
    double values[5] = { 1, 2, 3.5 };
    long total = 0;
    for (int i = 0; i < 9; i++) {
        a = copy(&a);
        total += choose(i, a.words[i], i) + sum(4, total, 2L, 3L, a.words[1]);
        values[i % 5] += mean(values, 5);
    }
    sink = total + crc((const unsigned char *)&a, sizeof a) + (long)values[1];
    for (;;) __builtin_trap();
}
