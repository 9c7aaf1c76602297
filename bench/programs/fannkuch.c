// Pancake flips over all permutations of ten.
#include <stdio.h>
#include <stdlib.h>

enum { N = 10 };

static int fannkuch(int *checksum) {
    int permutation[N], work[N], count[N];
    for (int i = 0; i < N; i++) permutation[i] = i;
    int most = 0, sign = 1, r = N;
    for (;;) {
        for (; r > 1; r--) count[r - 1] = r;
        if (permutation[0] != 0) {
            for (int i = 0; i < N; i++) work[i] = permutation[i];
            int flips = 0;
            for (int first = work[0]; first != 0; first = work[0]) {
                for (int i = 0, j = first; i < j; i++, j--) {
                    int swap = work[i];
                    work[i] = work[j];
                    work[j] = swap;
                }
                flips++;
            }
            if (flips > most) most = flips;
            *checksum += sign * flips;
        }
        // The next permutation: rotate a longer and longer prefix.
        for (;; r++) {
            if (r == N) return most;
            int first = permutation[0];
            for (int i = 0; i < r; i++) permutation[i] = permutation[i + 1];
            permutation[r] = first;
            if (--count[r] > 0) break;
        }
        sign = -sign;
    }
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1, most = 0, checksum = 0;
    for (int round = 0; round < rounds; round++) most += fannkuch(&checksum);
    printf("fannkuch %d %d\n", checksum, most);
    return 0;
}
