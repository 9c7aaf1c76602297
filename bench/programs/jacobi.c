// Jacobi iteration over a grid: five-point stencil between two arrays.
#include <stdio.h>
#include <stdlib.h>

enum { N = 500 };
static double grids[2][N][N];

static void sweep(double from[N][N], double to[N][N]) {
    for (int i = 1; i < N - 1; i++)
        for (int j = 1; j < N - 1; j++)
            to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] + from[i - 1][j] + from[i + 1][j]);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) grids[0][i][j] = grids[1][i][j] = (i * (j + 2) % 101) / 101.0;
    for (int round = 0; round < rounds; round++) {
        sweep(grids[0], grids[1]);
        sweep(grids[1], grids[0]);
    }
    double sum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) sum += grids[0][i][j] * (i + j);
    printf("jacobi %.9e\n", sum);
    return 0;
}
