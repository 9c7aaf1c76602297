// LU decomposition in place without pivoting, of a diagonally dominant matrix.
#include <stdio.h>
#include <stdlib.h>

enum { N = 200 };
static double m[N][N];

static void fill(int seed) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) m[i][j] = i == j ? N : ((i * 7 + j * 13 + seed) % 31) / 31.0;
}

static void decompose(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < i; j++) {
            double x = m[i][j];
            for (int k = 0; k < j; k++) x -= m[i][k] * m[k][j];
            m[i][j] = x / m[j][j];
        }
        for (int j = i; j < N; j++) {
            double x = m[i][j];
            for (int k = 0; k < i; k++) x -= m[i][k] * m[k][j];
            m[i][j] = x;
        }
    }
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    double sum = 0;
    for (int round = 0; round < rounds; round++) {
        fill(round);
        decompose();
        for (int i = 0; i < N; i++) sum += m[i][i] + m[i][N - 1 - i];
    }
    printf("lu %.9e\n", sum);
    return 0;
}
