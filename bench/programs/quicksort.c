// Quicksort with a comparison function that is called through a pointer.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    uint32_t key, value;
} record;

typedef int (*compare)(const record *, const record *);

static int by_key(const record *a, const record *b) { return (a->key > b->key) - (a->key < b->key); }
static int by_value(const record *a, const record *b) { return (a->value > b->value) - (a->value < b->value); }
static int by_both(const record *a, const record *b) {
    uint32_t x = a->key ^ a->value, y = b->key ^ b->value;
    return (x > y) - (x < y);
}

static void swap(record *a, record *b) {
    record t = *a;
    *a = *b;
    *b = t;
}

static void quicksort(record *a, int n, compare order) {
    while (n > 1) {
        record pivot = a[n / 2];
        int i = 0, j = n - 1;
        while (i <= j) {
            while (order(&a[i], &pivot) < 0) i++;
            while (order(&a[j], &pivot) > 0) j--;
            if (i <= j) swap(&a[i++], &a[j--]);
        }
        quicksort(a, j + 1, order);
        a += i;
        n -= i;
    }
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    enum { N = 50000 };
    static record records[N];
    static const compare orders[] = {by_key, by_value, by_both};
    uint32_t seed = 3, sum = 0;
    for (int i = 0; i < N; i++) {
        records[i].key = seed = seed * 1664525 + 1013904223;
        records[i].value = seed = seed * 1664525 + 1013904223;
    }
    for (int round = 0; round < rounds; round++) {
        quicksort(records, N, orders[round % 3]);
        for (int i = 0; i < N; i += 500) sum = sum * 31 + records[i].key;
    }
    printf("quicksort %08x\n", sum);
    return 0;
}
