// Largest singular value of an infinite matrix, by the power method; the
// matrix is computed, not stored.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 400 };

static double element(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void multiply(const double *v, double *out, int transposed) {
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int j = 0; j < N; j++) sum += (transposed ? element(j, i) : element(i, j)) * v[j];
        out[i] = sum;
    }
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    static double u[N], v[N], w[N];
    for (int i = 0; i < N; i++) u[i] = 1;
    for (int round = 0; round < rounds; round++) {
        multiply(u, w, 0);
        multiply(w, v, 1);
        multiply(v, w, 0);
        multiply(w, u, 1);
    }
    double vv = 0, uv = 0;
    for (int i = 0; i < N; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    printf("spectral %.9f\n", sqrt(uv / vv));
    return 0;
}
