/* Functions of the host that the library calls: callback.rs. */
#include <stdlib.h>

struct point {
    double x, y;
};

typedef struct point mapping(struct point, void *context);

/* Calls `map` for each point; the context is whatever the caller wants. */
void each(struct point *points, size_t count, mapping *map, void *context)
{
    for (size_t i = 0; i < count; i++)
        points[i] = map(points[i], context);
}

typedef int compare(const int *a, const int *b);

void sort(int *numbers, size_t count, compare *order)
{
    qsort(numbers, count, sizeof *numbers, (int (*)(const void *, const void *))order);
}
