// What compilers make of ordinary code: the decoder's tests compile this file
// in several ways and expect to know every instruction.
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef unsigned __int128 u128;

u128 multiply(u128 a, u128 b) { return a * b; }
u128 shift(u128 a, int n) { return a << n | a >> (128 - n); }
uint64_t divide(uint64_t a, int64_t b, uint32_t c, uint16_t d) { return a / c + (uint64_t)(b % (c + 1)) + a % (d + 1u); }
int bits(uint64_t a, uint32_t b, uint16_t c) {
    return __builtin_clzll(a | 1) + __builtin_ctz(b | 1) + __builtin_popcountll(a) + __builtin_ffs(b) +
           __builtin_popcount(c) + __builtin_parity(b) + (int)__builtin_bswap64(a) + __builtin_bswap16(c);
}
uint64_t rotate(uint64_t a, unsigned n, uint32_t b, uint8_t c) {
    return (a << (n & 63) | a >> (-n & 63)) ^ (b << 7 | b >> 25) ^ (uint8_t)(c << 3 | c >> 5);
}
uint64_t bmi(uint64_t a, uint64_t b) { return (a & -a) + (a & (a - 1)) + (~a & b) + (a ^ (a - 1)) + (a >> (b & 63)); }
int carry(uint64_t *to, const uint64_t *a, const uint64_t *b, int n) {
    unsigned long long c = 0;
    for (int i = 0; i < n; i++) to[i] = __builtin_addcll(a[i], b[i], c, &c);
    return (int)c;
}
int overflow(int a, int b, long *out) { return __builtin_mul_overflow((long)a, (long)b, out) | __builtin_sub_overflow(a, b, &a); }

double sum(const double *a, size_t n) { double s = 0; for (size_t i = 0; i < n; i++) s += a[i]; return s; }
void axpy(float *y, const float *x, float a, size_t n) { for (size_t i = 0; i < n; i++) y[i] += a * x[i]; }
void blend(int *y, const int *x, size_t n) { for (size_t i = 0; i < n; i++) y[i] = x[i] > y[i] ? x[i] * 3 : -y[i]; }
void bytes(uint8_t *y, const uint8_t *x, size_t n) { for (size_t i = 0; i < n; i++) y[i] = (uint8_t)((x[i] + y[i] + 1) >> 1); }
void words(int16_t *y, const int8_t *x, size_t n) { for (size_t i = 0; i < n; i++) y[i] = (int16_t)(y[i] * x[i]); }
int64_t wide(const int32_t *x, const int32_t *y, size_t n) { int64_t s = 0; for (size_t i = 0; i < n; i++) s += (int64_t)x[i] * y[i]; return s; }
void convert(float *y, const double *x, const int *z, size_t n) { for (size_t i = 0; i < n; i++) y[i] = (float)x[i] + (float)z[i]; }
void truncate(int *y, const float *x, size_t n) { for (size_t i = 0; i < n; i++) y[i] = (int)x[i]; }
void gather(int *y, const int *x, const int *at, size_t n) { for (size_t i = 0; i < n; i++) y[i] = x[at[i]]; }
void masked(float *y, const float *x, size_t n) { for (size_t i = 0; i < n; i++) if (x[i] > 0) y[i] = x[i]; }
void reverse(char *y, const char *x, size_t n) { for (size_t i = 0; i < n; i++) y[i] = x[n - 1 - i]; }
size_t count(const char *x, char c, size_t n) { size_t s = 0; for (size_t i = 0; i < n; i++) s += x[i] == c; return s; }
void shifts(uint32_t *y, const uint32_t *x, size_t n) { for (size_t i = 0; i < n; i++) y[i] = y[i] << x[i] ^ x[i] >> 3; }

float root(float a, double b) { return __builtin_sqrtf(a) + (float)__builtin_sqrt(b) + __builtin_fabsf(a) + (float)__builtin_copysign(b, a); }
double rounding(double a) { return __builtin_floor(a) + __builtin_ceil(a) + __builtin_trunc(a) + __builtin_rint(a); }
double fused(double a, double b, double c) { return a * b + c - a * c; }
int compare(double a, double b, float c) { return (a < b) + (a != b) * 2 + (c >= 0) + __builtin_isnan(a); }
long convertlong(double a, float b, unsigned long c) { return (long)a + (long)b + (long)(double)c; }
uint64_t pun(double a) { uint64_t u; memcpy(&u, &a, 8); return u; }
long double extended(long double a, long double b, int n) { return a < b ? a * n + b / a : __builtin_fabsl(a) - b; }
long longextended(long double a) { return (long)a + (a != a); }
_Complex double complexity(_Complex double a, _Complex double b) { return a * b; }

int atomics(_Atomic int *a, _Atomic uint64_t *b, int c) {
    int expected = c;
    atomic_fetch_add(a, c);
    atomic_fetch_or(b, 1);
    atomic_compare_exchange_strong(a, &expected, 7);
    atomic_store(b, 3);
    atomic_thread_fence(memory_order_seq_cst);
    return atomic_exchange(a, c) + atomic_fetch_sub(a, 1) + expected;
}
int bitops(uint64_t *a, unsigned n) { a[0] |= 1ull << (n & 63); a[1] &= ~(1ull << 40); return (a[2] >> (n & 63) & 1) + (a[3] >> 17 & 1); }
int select(int a, int b, int c) {
    switch (a) {
    case 0: return b + c;
    case 1: return b - c;
    case 2: return b * c;
    case 3: return b ^ c;
    case 4: return b << (c & 31);
    case 5: return b >> (c & 31);
    case 6: return b > c ? b : c;
    default: return -1;
    }
}
void fill(char *a, size_t n) { memset(a, 1, 200); memcpy(a + 300, a, 100); for (size_t i = 0; i < n; i++) a[i] = 0; }
struct big { char a[100]; };
struct big copy(const struct big *a) { return *a; }
int variable(int n, int (*f)(int *)) { int a[n]; a[0] = n; return f(a) + a[n - 1]; }
void prefetch(const char *a) { __builtin_prefetch(a); __builtin_prefetch(a + 64, 0, 0); __builtin_ia32_pause(); }
void trap(int a) { if (a) __builtin_trap(); }
