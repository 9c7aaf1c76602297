// Heap sort of integers and of strings by pointer.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 200000, M = 20000 };
static uint32_t numbers[N];
static char names[M][12];
static char *sorted[M];

static void sort_numbers(void) {
    for (size_t start = N / 2, end = N; end > 1;) {
        if (start > 0) {
            start--;
        } else {
            uint32_t swap = numbers[--end];
            numbers[end] = numbers[0];
            numbers[0] = swap;
        }
        size_t root = start;
        for (size_t child; (child = 2 * root + 1) < end; root = child) {
            if (child + 1 < end && numbers[child] < numbers[child + 1]) child++;
            if (numbers[root] >= numbers[child]) break;
            uint32_t swap = numbers[root];
            numbers[root] = numbers[child];
            numbers[child] = swap;
        }
    }
}

static void sort_names(void) {
    for (size_t start = M / 2, end = M; end > 1;) {
        if (start > 0) {
            start--;
        } else {
            char *swap = sorted[--end];
            sorted[end] = sorted[0];
            sorted[0] = swap;
        }
        size_t root = start;
        for (size_t child; (child = 2 * root + 1) < end; root = child) {
            if (child + 1 < end && strcmp(sorted[child], sorted[child + 1]) < 0) child++;
            if (strcmp(sorted[root], sorted[child]) >= 0) break;
            char *swap = sorted[root];
            sorted[root] = sorted[child];
            sorted[child] = swap;
        }
    }
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    uint32_t seed = 7, sum = 0;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < N; i++) numbers[i] = seed = seed * 1664525 + 1013904223;
        for (int i = 0; i < M; i++) {
            seed = seed * 1664525 + 1013904223;
            for (int k = 0; k < 11; k++) names[i][k] = (char)('a' + (seed >> (2 * k)) % 4);
            sorted[i] = names[i];
        }
        sort_numbers();
        sort_names();
        for (int i = 0; i < N; i += 1000) sum = sum * 31 + numbers[i];
        for (int i = 0; i < M; i += 1000) sum = sum * 31 + (uint32_t)sorted[i][9];
    }
    printf("heapsort %08x\n", sum);
    return 0;
}
