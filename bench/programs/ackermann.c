// Ackermann's function, in doubles of the argument's size: recursion as such.
#include <stdio.h>
#include <stdlib.h>

static int ackermann(int m, int n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1, sum = 0;
    for (int round = 0; round < rounds; round++) sum += ackermann(2, 500 + round % 3) + ackermann(3, 6);
    printf("ackermann %d\n", sum);
    return 0;
}
