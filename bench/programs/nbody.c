// Bodies that attract each other, stepped by leapfrog; energy at the end.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 5 };
typedef struct {
    double at[3], v[3], mass;
} body;

static body bodies[N];

static void step(double dt) {
    for (int i = 0; i < N; i++)
        for (int j = i + 1; j < N; j++) {
            double d[3], square = 0;
            for (int k = 0; k < 3; k++) {
                d[k] = bodies[i].at[k] - bodies[j].at[k];
                square += d[k] * d[k];
            }
            double pull = dt / (square * sqrt(square));
            for (int k = 0; k < 3; k++) {
                bodies[i].v[k] -= d[k] * bodies[j].mass * pull;
                bodies[j].v[k] += d[k] * bodies[i].mass * pull;
            }
        }
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++) bodies[i].at[k] += dt * bodies[i].v[k];
}

static double energy(void) {
    double sum = 0;
    for (int i = 0; i < N; i++) {
        const body *b = &bodies[i];
        sum += 0.5 * b->mass * (b->v[0] * b->v[0] + b->v[1] * b->v[1] + b->v[2] * b->v[2]);
        for (int j = i + 1; j < N; j++) {
            double square = 0;
            for (int k = 0; k < 3; k++) square += (b->at[k] - bodies[j].at[k]) * (b->at[k] - bodies[j].at[k]);
            sum -= b->mass * bodies[j].mass / sqrt(square);
        }
    }
    return sum;
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    for (int i = 0; i < N; i++)
        bodies[i] = (body){{i * 3.1, i * 1.7 - 2, i * 0.3}, {0.1 * i, 0.2 - 0.05 * i, 0.01 * i}, 10.0 / (i + 1)};
    for (int i = 0; i < rounds * 10000; i++) step(0.0005);
    printf("nbody %.9f\n", energy());
    return 0;
}
