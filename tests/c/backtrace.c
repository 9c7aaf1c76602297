// Unwinds through sandboxed frames, a callback from libc's qsort among them,
// and prints the functions of this file that it finds.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unwind.h>

#define KEEP __attribute__((noinline))

static int count;
static uintptr_t starts[8];
static const char *names[8];

static void known(const char *name, void *start) {
    names[count] = name;
    starts[count++] = (uintptr_t)start;
}

static _Unwind_Reason_Code frame(struct _Unwind_Context *context, void *depth) {
    uintptr_t start = _Unwind_GetRegionStart(context);
    for (int i = 0; i < count; i++)
        if (starts[i] == start) printf("  %s\n", names[i]);
    ++*(int *)depth;
    return _URC_NO_REASON;
}

KEEP int leaf(int x) {
    int depth = 0;
    _Unwind_Backtrace(frame, &depth);
    printf("depth is sane: %d\n", depth > 3 && depth < 40);
    return x + 1;
}

// A frame with a variable-length array has no constant CFA offset.
KEEP int with_array(int n) {
    volatile char buffer[n];
    for (int i = 0; i < n; i++) buffer[i] = (char)i;
    return leaf(buffer[n - 1]) + buffer[n / 2];
}

KEEP int with_many_registers(int a, int b, int c, int d, int e, int f, int g, int h) {
    int r = with_array(a + b);
    return r + a * b + c * d + e * f + g * h;
}

static int once;
KEEP int compare(const void *a, const void *b) {
    if (!once++) printf("%d\n", with_many_registers(60, 40, 3, 4, 5, 6, 7, 8));
    return *(const int *)a - *(const int *)b;
}

int main(void) {
    known("leaf", (void *)leaf);
    known("with_array", (void *)with_array);
    known("with_many_registers", (void *)with_many_registers);
    known("compare", (void *)compare);
    known("main", (void *)main);
    int values[] = {3, 1, 2};
    qsort(values, 3, sizeof *values, compare);
    printf("%d %d %d\n", values[0], values[1], values[2]);
    return 0;
}
