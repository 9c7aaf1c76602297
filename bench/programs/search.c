// String search: Boyer-Moore-Horspool for words in a text that is made up of
// syllables, and a naive count of the same words for comparison.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 1 << 20 };
static char text[SIZE + 1];

static unsigned horspool(const char *word) {
    size_t n = strlen(word), shift[256];
    for (int c = 0; c < 256; c++) shift[c] = n;
    for (size_t i = 0; i + 1 < n; i++) shift[(uint8_t)word[i]] = n - 1 - i;
    unsigned found = 0;
    for (size_t at = 0; at + n <= SIZE; at += shift[(uint8_t)text[at + n - 1]]) {
        size_t i = n;
        while (i > 0 && text[at + i - 1] == word[i - 1]) i--;
        found += i == 0;
    }
    return found;
}

static unsigned naive(const char *word) {
    unsigned found = 0;
    for (const char *at = text; (at = strchr(at, word[0])) != 0; at++) {
        size_t i = 1;
        while (word[i] && at[i] == word[i]) i++;
        found += !word[i];
    }
    return found;
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    static const char *syllables[] = {"ka", "to", "mi", "ren", "sol", "du", "ba ", "el ", "an", "is ", "or", "ni",
                                      "ve ", "lu", "gra", "thi"};
    uint32_t seed = 1;
    for (size_t n = 0; n < SIZE;) {
        seed = seed * 1664525 + 1013904223;
        const char *s = syllables[seed >> 28];
        for (; *s && n < SIZE; s++) text[n++] = *s;
    }
    static const char *words[] = {"katomi", "grathi", "solduba el", "renrenren", "lu", "or is an", "nivegrathikato"};
    unsigned sum = 0;
    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            unsigned a = horspool(words[i]), b = naive(words[i]);
            if (a != b) return 1;
            sum = sum * 31 + a;
        }
    printf("search %08x\n", sum);
    return 0;
}
