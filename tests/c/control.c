// Control flow: dense and sparse switches, computed goto, function pointers,
// recursion, tail calls, setjmp and longjmp, varargs, variable-length arrays.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <alloca.h>

static int dense(int x) {
    switch (x) {
    case 0: return 17;
    case 1: return x * 3;
    case 2: return 99 - x;
    case 3: puts("three"); return 4;
    case 4: return dense(3) + 1;
    case 5: return -5;
    case 6: return x << 4;
    case 7: return 1234;
    case 8: return abs(-x);
    default: return -1;
    }
}

static int interpret(const unsigned char *code) {
    static const void *const table[] = {&&push, &&add, &&mul, &&dup, &&halt};
    int stack[32], *sp = stack;
    goto *table[*code++];
push: *sp++ = *code++; goto *table[*code++];
add: sp--; sp[-1] += sp[0]; goto *table[*code++];
mul: sp--; sp[-1] *= sp[0]; goto *table[*code++];
dup: sp[0] = sp[-1]; sp++; goto *table[*code++];
halt: return sp[-1];
}

static int sum(int n, ...) {
    va_list list;
    va_start(list, n);
    double d = 0;
    long long total = 0;
    for (int i = 0; i < n; i++) {
        if (i % 2) d += va_arg(list, double);
        else total += va_arg(list, long long);
    }
    va_end(list);
    return (int)(total + d);
}

static jmp_buf env;
__attribute__((noinline)) static void deep(int n) {
    volatile char pad[100];
    pad[n % 100] = 1;
    if (n == 0) longjmp(env, 7);
    deep(n - 1);
    pad[0] = 2;
}

__attribute__((noinline)) static int vla(int n) {
    int a[n], *b = alloca(n * sizeof *b), r = 0;
    for (int i = 0; i < n; i++) a[i] = i, b[n - 1 - i] = i * i;
    for (int i = 0; i < n; i++) r += a[i] ^ b[i];
    return r;
}

static unsigned ackermann(unsigned m, unsigned n) {
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

typedef struct { long a, b, c; double d; } big;
static big make(int i) { return (big){i, i + 1, i + 2, i / 2.0}; }

typedef int (*unary)(int);
static int twice(int x) { return 2 * x; }
static int square(int x) { return x * x; }
static int negate(int x) { return -x; }

__attribute__((noinline)) static int big_frame(int n) {
    char buffer[70000];
    memset(buffer, n, sizeof buffer);
    return buffer[n] + buffer[69999];
}

int main(void) {
    for (int i = -1; i < 10; i++) printf("%d ", dense(i));
    puts("");
    printf("%d\n", interpret((const unsigned char[]){0, 6, 3, 2, 0, 6, 1, 4}));
    printf("%d\n", sum(6, 1LL, 2.5, 3LL, 4.5, 5LL, 6.0));
    int r = setjmp(env);
    printf("setjmp %d\n", r);
    if (!r) deep(50);
    printf("%d %d\n", vla(10), vla(1000));
    printf("%u\n", ackermann(2, 9));
    big b = make(20);
    printf("%ld %ld %ld %g\n", b.a, b.b, b.c, b.d);
    unary f[] = {twice, square, negate};
    int x = 3;
    for (int i = 0; i < 9; i++) x = f[i % 3](x) % 1000;
    printf("%d\n", x);
    printf("%d\n", big_frame(42));
    return 42;
}
