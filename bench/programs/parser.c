// Recursive descent: expressions are parsed into a tree and evaluated.
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct node {
    char kind; // '#' a number, 'v' a variable, '~' negation, else an operator
    struct node *left, *right;
    uint32_t value;
} node;

enum { NODES = 1 << 16, SIZE = 1 << 16 };
static node pool[NODES];
static int used;
static const char *at;

static node *make(char kind, node *left, node *right, uint32_t value) {
    if (used == NODES) exit(1);
    pool[used] = (node){kind, left, right, value};
    return &pool[used++];
}

static void skip_spaces(void) {
    while (isspace((unsigned char)*at)) at++;
}

static int accept(char c) {
    skip_spaces();
    if (*at != c) return 0;
    at++;
    return 1;
}

static node *sum(void);

static node *factor(void) {
    if (accept('-')) return make('~', factor(), 0, 0);
    if (accept('(')) {
        node *inner = sum();
        if (!accept(')')) exit(1);
        return inner;
    }
    if (isalpha((unsigned char)*at)) return make('v', 0, 0, (uint32_t)(*at++ - 'a'));
    uint32_t value = 0;
    while (isdigit((unsigned char)*at)) value = value * 10 + (uint32_t)(*at++ - '0');
    return make('#', 0, 0, value);
}

static node *product(void) {
    node *left = factor();
    for (;;) {
        if (accept('*')) left = make('*', left, factor(), 0);
        else if (accept('/')) left = make('/', left, factor(), 0);
        else return left;
    }
}

static node *sum(void) {
    node *left = product();
    for (;;) {
        if (accept('+')) left = make('+', left, product(), 0);
        else if (accept('-')) left = make('-', left, product(), 0);
        else return left;
    }
}

static uint32_t evaluate(const node *n, const uint32_t *variables) {
    switch (n->kind) {
    case '#': return n->value;
    case 'v': return variables[n->value];
    case '~': return -evaluate(n->left, variables);
    case '+': return evaluate(n->left, variables) + evaluate(n->right, variables);
    case '-': return evaluate(n->left, variables) - evaluate(n->right, variables);
    case '*': return evaluate(n->left, variables) * evaluate(n->right, variables);
    default: return evaluate(n->left, variables) / (evaluate(n->right, variables) | 1);
    }
}

// A random expression of some depth, as text.
static char *write_expression(char *out, int depth, uint32_t *seed) {
    *seed = *seed * 1664525 + 1013904223;
    if (depth == 0) {
        if (*seed >> 31) return out + sprintf(out, "%u", *seed >> 16 & 0xfff);
        *out++ = (char)('a' + (*seed >> 20) % 26);
        return out;
    }
    if (*seed >> 29 == 0) *out++ = '-';
    *out++ = '(';
    char operator = "+-*/"[*seed >> 24 & 3];
    out = write_expression(out, depth - 1, seed);
    *out++ = ' ';
    *out++ = operator;
    *out++ = ' ';
    out = write_expression(out, depth - 1, seed);
    *out++ = ')';
    return out;
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    static char text[SIZE];
    uint32_t seed = 11, result = 0, variables[26];
    for (uint32_t i = 0; i < 26; i++) variables[i] = i * i + 1;
    *write_expression(text, 11, &seed) = 0;
    for (int round = 0; round < rounds; round++) {
        used = 0;
        at = text;
        node *tree = sum();
        for (int i = 0; i < 4; i++) {
            variables[i] += result;
            result = result * 31 + evaluate(tree, variables);
        }
    }
    printf("parser %08x, %d nodes\n", result, used);
    return 0;
}
