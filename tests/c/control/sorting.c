// qsort, bsearch, and orders that are no orders.
#include "../show.h"

static int compare(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static int chaos(const void *a, const void *b)
{
    return (int)(((uintptr_t)a / 4 * 7 + (uintptr_t)b / 4 * 3) % 3) - 1;
}

int main(void)
{
    int numbers[5000], wrong = 0;
    uint32_t seed = 7;
    for (int i = 0; i < 5000; i++)
        numbers[i] = (seed = seed * 1664525 + 1013904223) >> 12;
    qsort(numbers, 5000, sizeof *numbers, compare);
    for (int i = 1; i < 5000; i++)
        wrong += numbers[i - 1] > numbers[i];
    SHOW(wrong);
    SHOW((int *)bsearch(&numbers[1234], numbers, 5000, sizeof *numbers, compare) != NULL);
    int none = -5;
    SHOW(bsearch(&none, numbers, 5000, sizeof *numbers, compare) == NULL);
    qsort(numbers, 5000, sizeof *numbers, chaos);
    char words[6][8] = {"pear", "apple", "fig", "kiwi", "date", "plum"};
    qsort(words, 6, 8, (int (*)(const void *, const void *))strcmp);
    for (int i = 0; i < 6; i++)
        puts(words[i]);
    return 0;
}
