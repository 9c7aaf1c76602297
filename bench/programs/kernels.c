// CoreMark-like work: linked lists, matrices, a state machine and a CRC over
// the results. Takes the number of iterations; prints checksums only, so that
// outputs of different builds can be compared.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint16_t crc16(uint16_t crc, uint32_t value) {
    for (int i = 0; i < 32; i++) {
        uint16_t bit = (crc ^ value) & 1;
        crc >>= 1;
        value >>= 1;
        if (bit) crc ^= 0xa001;
    }
    return crc;
}

// ---- linked list ----
typedef struct node {
    struct node *next;
    int16_t key, value;
} node;

typedef int (*compare)(const node *, const node *);

static int by_key(const node *a, const node *b) { return a->key - b->key; }
static int by_value(const node *a, const node *b) { return a->value - b->value; }

static node *merge_sort(node *list, compare less) {
    if (!list || !list->next) return list;
    node *slow = list, *fast = list->next;
    while (fast && fast->next) {
        slow = slow->next;
        fast = fast->next->next;
    }
    node *right = slow->next;
    slow->next = 0;
    node *a = merge_sort(list, less), *b = merge_sort(right, less);
    node head, *tail = &head;
    while (a && b) {
        node **from = less(a, b) <= 0 ? &a : &b;
        tail->next = *from;
        tail = *from;
        *from = tail->next;
    }
    tail->next = a ? a : b;
    return head.next;
}

static node *reverse(node *list) {
    node *out = 0;
    while (list) {
        node *next = list->next;
        list->next = out;
        out = list;
        list = next;
    }
    return out;
}

static uint16_t lists(uint32_t seed) {
    enum { N = 400 };
    static node nodes[N];
    node *list = 0;
    for (int i = 0; i < N; i++) {
        seed = seed * 1664525 + 1013904223;
        nodes[i] = (node){list, (int16_t)(seed >> 16), (int16_t)(seed >> 8)};
        list = &nodes[i];
    }
    uint16_t crc = 0;
    list = merge_sort(list, by_key);
    for (node *n = list; n; n = n->next) crc = crc16(crc, (uint16_t)n->key);
    list = reverse(merge_sort(list, by_value));
    for (node *n = list; n; n = n->next) crc = crc16(crc, (uint16_t)n->value);
    return crc;
}

// ---- matrices ----
static uint16_t matrices(uint32_t seed) {
    enum { N = 24 };
    static int16_t a[N][N], b[N][N];
    static int32_t c[N][N];
    static double d[N][N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            seed = seed * 1664525 + 1013904223;
            a[i][j] = (int16_t)(seed >> 20);
            b[i][j] = (int16_t)(seed >> 24);
        }
    uint16_t crc = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            int32_t sum = 0;
            double product = 0;
            for (int k = 0; k < N; k++) {
                sum += a[i][k] * b[k][j];
                product += a[i][k] / (1.0 + b[k][j] * b[k][j]);
            }
            c[i][j] = sum;
            d[i][j] = product;
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) crc = crc16(crc, (uint32_t)c[i][j] ^ (uint32_t)(int32_t)d[i][j]);
    return crc;
}

// ---- state machine ----
enum state { START, INTEGER, FRACTION, EXPONENT, SIGN, DIGITS, INVALID, STATES };

static enum state step(enum state s, char c) {
    int digit = c >= '0' && c <= '9';
    switch (s) {
    case START: return digit ? INTEGER : c == '+' || c == '-' ? START : c == '.' ? FRACTION : INVALID;
    case INTEGER: return digit ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case FRACTION: return digit ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case EXPONENT: return c == '+' || c == '-' ? SIGN : digit ? DIGITS : INVALID;
    case SIGN: return digit ? DIGITS : INVALID;
    case DIGITS: return digit ? DIGITS : INVALID;
    default: return INVALID;
    }
}

static uint16_t states(uint32_t seed) {
    static const char *words[] = {"5012,", "1234.500,", "-110.700e-5,", "+0.64400e+4,", "8x,", ".e5,", "--7,", "1e+x,"};
    uint32_t finals[STATES] = {0};
    char text[2048];
    size_t n = 0;
    while (n + 16 < sizeof text) {
        seed = seed * 1664525 + 1013904223;
        const char *w = words[seed >> 29];
        memcpy(text + n, w, strlen(w));
        n += strlen(w);
    }
    enum state s = START;
    for (size_t i = 0; i < n; i++) {
        if (text[i] == ',') {
            finals[s]++;
            s = START;
        } else {
            s = step(s, text[i]);
        }
    }
    uint16_t crc = 0;
    for (int i = 0; i < STATES; i++) crc = crc16(crc, finals[i]);
    return crc;
}

int main(int argc, char **argv) {
    int iterations = argc > 1 ? atoi(argv[1]) : 1000;
    uint16_t list = 0, matrix = 0, state = 0;
    for (int i = 0; i < iterations; i++) {
        list = crc16(list, lists((uint32_t)i));
        matrix = crc16(matrix, matrices((uint32_t)i));
        state = crc16(state, states((uint32_t)i));
    }
    printf("list %04x matrix %04x state %04x\n", list, matrix, state);
    return 0;
}
