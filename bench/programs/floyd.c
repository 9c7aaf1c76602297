// All shortest paths in a graph, by Floyd and Warshall.
#include <stdio.h>
#include <stdlib.h>

enum { N = 256 };
static int distance[N][N];

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    unsigned sum = 0;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) distance[i][j] = (i * 31 + j * 17 + round) % 13 == 0 ? i * j % 7 + 1 : 999;
        for (int k = 0; k < N; k++)
            for (int i = 0; i < N; i++) {
                const int *onward = distance[k], first = distance[i][k];
                for (int j = 0; j < N; j++) {
                    int by = first + onward[j];
                    distance[i][j] = distance[i][j] < by ? distance[i][j] : by;
                }
            }
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) sum = sum * 31 + (unsigned)distance[i][j];
    }
    printf("floyd %08x\n", sum);
    return 0;
}
