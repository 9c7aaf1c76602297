// An interpreter that dispatches at the end of each instruction, by computed
// goto (the same code as switch.c interprets).
#include "machine.h"

static int64_t run(const instruction *code, int64_t *r, int64_t *memory) {
    static const void *const labels[] = {&&move,    &&add,         &&sub,  &&mul,   &&rem,  &&less,
                                         &&jump_if, &&jump_unless, &&jump, &&store, &&load, &&halt};
    const instruction *i = code;
#define DISPATCH goto *labels[i->opcode]
#define NEXT     \
    do {         \
        i++;     \
        DISPATCH; \
    } while (0)
    DISPATCH;
move:
    r[i->to] = r[i->a];
    NEXT;
add:
    r[i->to] = r[i->a] + r[i->b];
    NEXT;
sub:
    r[i->to] = r[i->a] - r[i->b];
    NEXT;
mul:
    r[i->to] = r[i->a] * r[i->b];
    NEXT;
rem:
    r[i->to] = r[i->a] % r[i->b];
    NEXT;
less:
    r[i->to] = r[i->a] < r[i->b];
    NEXT;
jump_if:
    if (!r[i->a]) NEXT;
    i = code + i->b;
    DISPATCH;
jump_unless:
    if (r[i->a]) NEXT;
    i = code + i->b;
    DISPATCH;
jump:
    i = code + i->to;
    DISPATCH;
store:
    memory[r[i->to] % MEMORY] = r[i->a];
    NEXT;
load:
    r[i->to] = memory[r[i->a] % MEMORY];
    NEXT;
halt:
    return r[i->to];
}
