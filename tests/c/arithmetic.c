// Integer, floating-point, vector and string operations on data whose results
// depend on every step.
#include <complex.h>
#include <ctype.h>
#include <fenv.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed = 88172645463325252u;
static uint64_t next(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static int descending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

int main(void) {
    uint64_t acc = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t a = next(), b = next() | 1;
        acc += a / b + a % b + (uint64_t)((int64_t)a / (int32_t)b) + (uint64_t)((unsigned __int128)a * b >> 64);
        acc ^= (a << (b & 63)) | (a >> (-b & 63));
        acc += (uint64_t)__builtin_popcountll(a) + (uint64_t)__builtin_clzll(b) + (uint64_t)__builtin_ctzll(b);
        acc = __builtin_bswap64(acc);
    }
    printf("%016" PRIx64 "\n", acc);

    double values[100], sum = 0;
    for (int i = 0; i < 100; i++) values[i] = sin(i) * pow(1.1, i % 20) + sqrt(i) - log1p(i) + cbrt(i);
    qsort(values, 100, sizeof *values, descending);
    for (int i = 0; i < 100; i++) sum += values[i] * i;
    printf("%.12g %.12g %.12g\n", values[0], values[99], sum);
    printf("%La %.15Lg\n", (long double)1 / 3, sqrtl(2) * 3);
    printf("%.10g %.10g\n", creal(cexp(1 + 2 * I)), cimag(csqrt(-1 + 2 * I)));
    printf("%ld %ld %g %g\n", lrint(2.5), lround(2.5), fmod(7.5, 2), remainder(7.5, 2));
    fesetround(FE_UPWARD);
    volatile double third = 1.0;
    third /= 3;
    printf("%a\n", third);
    fesetround(FE_TONEAREST);
    printf("%f %g %e %a\n", 1e10, 1e-5, 12345.678, 0.1);
    printf("%d %d\n", (int)strtod("1e3", 0), (int)strtol("0x7f", 0, 0));

    float x[64], y[64], dot = 0;
    for (int i = 0; i < 64; i++) x[i] = (float)i / 3, y[i] = (float)(64 - i) / 7;
    for (int i = 0; i < 64; i++) dot += x[i] * y[i];
    printf("%.6g\n", dot);

    char text[256], copy[256];
    memset(text, 'x', 255);
    text[255] = 0;
    for (int i = 0; i < 255; i++) text[i] = (char)('a' + i * 7 % 26);
    memcpy(copy, text, 256);
    memmove(copy + 3, copy, 200);
    printf("%.40s %zu %td\n", copy, strlen(text), strchr(text, 'z') - text);
    printf("%d %d %s\n", strcmp(text, copy) > 0, memcmp(text, copy, 3), strstr(text, "hov"));
    for (char *c = text; *c; c++) *c = (char)toupper(*c);
    printf("%.20s\n", text);
    return 0;
}
