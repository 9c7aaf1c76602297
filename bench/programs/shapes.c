// Objects with tables of functions, as C++ compiles virtual calls.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct shape shape;

typedef struct {
    double (*area)(const shape *);
    void (*scale)(shape *, double);
    int (*corners)(const shape *);
} table;

struct shape {
    const table *functions;
    double a, b, c;
};

static double square_area(const shape *s) { return s->a * s->a; }
static void square_scale(shape *s, double by) { s->a *= by; }
static int square_corners(const shape *s) { return s->a > 0 ? 4 : 0; }
static double circle_area(const shape *s) { return 3.14159265358979 * s->a * s->a; }
static void circle_scale(shape *s, double by) { s->a *= by; }
static int circle_corners(const shape *s) { return s->a > 1e9; }
static double box_area(const shape *s) { return s->a * s->b; }
static void box_scale(shape *s, double by) { s->a *= by, s->b *= by; }
static int box_corners(const shape *s) { return s->a * s->b > 0 ? 4 : 0; }
static double triangle_area(const shape *s) { return 0.5 * s->a * s->c; }
static void triangle_scale(shape *s, double by) { s->a *= by, s->b *= by, s->c *= by; }
static int triangle_corners(const shape *s) { return s->c > 0 ? 3 : 2; }

static const table tables[] = {
    {square_area, square_scale, square_corners},
    {circle_area, circle_scale, circle_corners},
    {box_area, box_scale, box_corners},
    {triangle_area, triangle_scale, triangle_corners},
};

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    enum { N = 1000 };
    static shape shapes[N];
    uint32_t seed = 5;
    for (int i = 0; i < N; i++) {
        seed = seed * 1664525 + 1013904223;
        shapes[i] = (shape){&tables[seed >> 30], 1 + i % 7, 2 + i % 5, 3 + i % 3};
    }
    double area = 0;
    int corners = 0;
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < N; i++) {
            shape *s = &shapes[i];
            s->functions->scale(s, round % 2 ? 0.5 : 2.0);
            area += s->functions->area(s);
            corners += s->functions->corners(s);
        }
    printf("shapes %.6e %d\n", area, corners);
    return 0;
}
