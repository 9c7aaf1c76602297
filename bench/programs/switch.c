// An interpreter that dispatches by one switch in a loop.
#include "machine.h"

static int64_t run(const instruction *code, int64_t *r, int64_t *memory) {
    for (const instruction *i = code;; i++) {
        switch ((enum opcode)i->opcode) {
        case MOVE: r[i->to] = r[i->a]; break;
        case ADD: r[i->to] = r[i->a] + r[i->b]; break;
        case SUB: r[i->to] = r[i->a] - r[i->b]; break;
        case MUL: r[i->to] = r[i->a] * r[i->b]; break;
        case REM: r[i->to] = r[i->a] % r[i->b]; break;
        case LESS: r[i->to] = r[i->a] < r[i->b]; break;
        case JUMP_IF:
            if (r[i->a]) i = code + i->b - 1;
            break;
        case JUMP_UNLESS:
            if (!r[i->a]) i = code + i->b - 1;
            break;
        case JUMP: i = code + i->to - 1; break;
        case STORE: memory[r[i->to] % MEMORY] = r[i->a]; break;
        case LOAD: r[i->to] = memory[r[i->a] % MEMORY]; break;
        case HALT: return r[i->to];
        }
    }
}
