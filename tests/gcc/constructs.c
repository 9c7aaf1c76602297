// What gcc compiles in ways of its own, and what only gcc compiles.
#include <complex.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APART __attribute__((noipa))

// In a loop of jumps through a table the registers are scarce.
static int interpret(const unsigned char *code) {
    static void *const table[] = {&&add, &&multiply, &&decrement, &&repeat, &&end};
    const unsigned char *at = code;
    int sum = 1, count = 5;
    goto *table[*at++];
add:
    sum += *at++;
    goto *table[*at++];
multiply:
    sum *= *at++;
    goto *table[*at++];
decrement:
    count--;
    goto *table[*at++];
repeat:
    if (count) at = code;
    goto *table[*at++];
end:
    return sum;
}

// Called by name it needs no code on the stack.
APART static int nested(int times, int factor) {
    int sum = 0;
    APART int inner(int i) { return sum += i * factor; }
    for (int i = 0; i < times; i++) inner(i);
    return sum;
}

// A goto out of a nested function restores the stack pointer.
APART static int leave(int from) {
    __label__ out;
    int depth = 0;
    APART void down(int left) {
        depth++;
        if (!left) goto out;
        down(left - 1);
    }
    down(from);
    return -1;
out:
    return depth;
}

APART static int sign(int x) {
    __asm__ goto("testl %0, %0\n\tjs %l1" : : "r"(x) : "cc" : negative);
    return 1;
negative:
    return -1;
}

APART static int target(int a, int b, double c) { return a * 10 + b + (int)c; }

// Passes on arguments that it knows nothing of.
APART static int forward(int a, int b, double c) {
    (void)a, (void)b, (void)c;
    void *result = __builtin_apply((void (*)())target, __builtin_apply_args(), 64);
    __builtin_return(result);
}

// A rare path goes to `.text.unlikely`, in a part of the function of its own.
__attribute__((cold, noinline)) static void rare(const char *text) { printf("rare: %s\n", text); }

__attribute__((noinline)) static _Noreturn void throw(jmp_buf to, int number) {
    if (number > 100) exit(3);
    longjmp(to, number);
}

// Code after calls that do not return belongs to other paths.
APART static int jumps(int number) {
    jmp_buf here;
    volatile int kept = 0;
    int result = setjmp(here);
    if (result) return result + kept;
    kept = number;
    if (number & 1) rare("odd");
    throw(here, number);
}

static _Thread_local int counter = 7;
_Thread_local char flags[40];
APART static int threads(int i) {
    counter += i;
    flags[i & 31] ^= 3;
    return counter + flags[(i + 1) & 31] + flags[i & 31];
}

struct large {
    long member[9];
};
APART static struct large large(int n) {
    struct large result;
    for (int i = 0; i < 9; i++) result.member[i] = i * n;
    return result;
}

APART static int on_the_stack(int n) {
    int values[n], *more = __builtin_alloca((unsigned)n * sizeof *more), sum = 0;
    for (int i = 0; i < n; i++) values[i] = i ^ n, more[i] = values[i] + i;
    for (int i = 0; i < n; i++) sum += values[i] * (i + 1) - more[i];
    return sum;
}

APART static int cases(int x) {
    switch (x) {
    case 0: return 5;
    case 1: return 77;
    case 2: puts("two"); return 8;
    case 3: return -3;
    case 4: return x * 9;
    case 5: return 1000;
    case 6: puts("six"); return 1;
    case 7: abort();
    default: return 0;
    }
}

int implementation(int x) { return x + 1; }
int renamed(int x) __attribute__((alias("implementation")));
extern int renamed_again(int x) __attribute__((weak, alias("implementation")));

__attribute__((constructor)) static void before(void) { puts("before main"); }
__attribute__((destructor)) static void after(void) { puts("after main"); }

APART static __float128 quadruple(__float128 a, __float128 b) { return a * b + a / b - (__float128)3; }
APART static long double extended(long double a, long double b) { return a * b / (a + b) + sqrtl(a); }
APART static unsigned __int128 wide(unsigned __int128 a, unsigned __int128 b) { return a / b + a % b; }
APART static int bits(unsigned long x) {
    return __builtin_popcountl(x) + __builtin_parityl(x) + __builtin_clzl(x | 1) + __builtin_ffsl((long)x);
}
APART static double complex product(double complex a, double complex b) { return a * b / (a + 1); }

__attribute__((optimize("O3"), noipa)) static void vectors(float *a, const float *b, int n) {
    for (int i = 0; i < n; i++) a[i] = a[i] * b[i] + 1.5f;
}

int main(void) {
    static const unsigned char code[] = {0, 3, 1, 2, 2, 3, 4};
    printf("%d %d %d %d %d\n", interpret(code), nested(5, 3), leave(4), sign(-4), sign(4));
    printf("%d %d %d\n", forward(4, 2, 1.5), jumps(4), jumps(9));
    printf("%d %d %ld %d\n", threads(3), threads(40), large(4).member[8], on_the_stack(13));
    for (int i = -1; i < 7; i++) printf("%d\n", cases(i));
    printf("%d %d\n", renamed(3), renamed_again(4));
    unsigned __int128 quotient = wide((unsigned __int128)1 << 100, 12345678901u);
    printf("%llx%016llx %d\n", (unsigned long long)(quotient >> 64), (unsigned long long)quotient, bits(0xff00f00f));
    printf("%.15g %.15Lg %g\n", (double)quadruple(3, 7), extended(2, 5), creal(product(2, 3 * I)));
    float values[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    vectors(values, values, 9);
    for (int i = 0; i < 9; i++) printf("%g ", values[i]);
    putchar('\n');
    return 0;
}
