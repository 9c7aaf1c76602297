// Gauss-Seidel iteration in place: each element depends on the one before it.
#include <stdio.h>
#include <stdlib.h>

enum { N = 300 };
static double grid[N][N];

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) grid[i][j] = (i * (j + 2) % 103) / 103.0;
    for (int round = 0; round < rounds; round++)
        for (int i = 1; i < N - 1; i++)
            for (int j = 1; j < N - 1; j++)
                grid[i][j] = (grid[i - 1][j - 1] + grid[i - 1][j] + grid[i - 1][j + 1] + grid[i][j - 1] + grid[i][j] +
                              grid[i][j + 1] + grid[i + 1][j - 1] + grid[i + 1][j] + grid[i + 1][j + 1]) /
                             9.0;
    double sum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) sum += grid[i][j] * (i + j);
    printf("seidel %.9e\n", sum);
    return 0;
}
