// A register machine's code, shared by two interpreters of it: `run` is what
// they define. The program it runs finds primes by trial division.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum opcode { MOVE, ADD, SUB, MUL, REM, LESS, JUMP_IF, JUMP_UNLESS, JUMP, STORE, LOAD, HALT };

typedef struct {
    uint8_t opcode, to, a, b;
} instruction; // jumps go to code[b], or code[to] when unconditional

static int64_t run(const instruction *code, int64_t *registers, int64_t *memory);

// r0 = 0, r1 = 1, r2 = limit; r3 candidate, r4 divisor, r5 sum of primes.
static const instruction primes[] = {
    [0] = {ADD, 3, 1, 1},          // r3 = 2
    [1] = {LESS, 6, 3, 2},         // while r3 < limit
    [2] = {JUMP_UNLESS, 0, 6, 15}, //
    [3] = {ADD, 4, 1, 1},          //   r4 = 2
    [4] = {MUL, 7, 4, 4},          //   while r4 * r4 <= r3
    [5] = {LESS, 6, 3, 7},         //
    [6] = {JUMP_IF, 0, 6, 11},     //
    [7] = {REM, 7, 3, 4},          //     if r3 % r4 == 0: not a prime
    [8] = {JUMP_UNLESS, 0, 7, 13}, //
    [9] = {ADD, 4, 4, 1},          //     r4++
    [10] = {JUMP, 4, 0, 0},        //
    [11] = {ADD, 5, 5, 3},         //   r5 += r3
    [12] = {STORE, 3, 5, 0},       //   memory[r3] = r5
    [13] = {ADD, 3, 3, 1},         //   r3++
    [14] = {JUMP, 1, 0, 0},        //
    [15] = {LOAD, 8, 1, 0},        // r8 = memory[r1]
    [16] = {SUB, 5, 5, 8},         // r5 -= r8
    [17] = {MOVE, 9, 5, 0},        // r9 = r5
    [18] = {HALT, 9, 0, 0},        //
};

enum { MEMORY = 1 << 10 };

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    static int64_t memory[MEMORY];
    int64_t sum = 0;
    for (int round = 0; round < rounds; round++) {
        int64_t registers[16] = {0, 1, 20000 + round};
        sum += run(primes, registers, memory);
    }
    printf("primes sum to %lld\n", (long long)sum);
    return 0;
}
