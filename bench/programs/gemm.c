// Dense matrix product, c += a * b, in the order of loops that walks rows.
#include <stdio.h>
#include <stdlib.h>

enum { N = 256 };
static double a[N][N], b[N][N], c[N][N];

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (i * j % 97) / 97.0;
            b[i][j] = (i * (j + 1) % 89) / 89.0;
        }
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < N; i++)
            for (int k = 0; k < N; k++)
                for (int j = 0; j < N; j++) c[i][j] += a[i][k] * b[k][j];
    double sum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) sum += c[i][j];
    printf("gemm %.6e\n", sum);
    return 0;
}
