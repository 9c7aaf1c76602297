// All ways to place n queens, by recursion over the rows.
#include <stdio.h>
#include <stdlib.h>

static int n, column[16];

static int safe(int row, int at) {
    for (int r = 0; r < row; r++) {
        int d = column[r] - at;
        if (d == 0 || d == row - r || d == r - row) return 0;
    }
    return 1;
}

static unsigned place(int row) {
    if (row == n) return 1;
    unsigned ways = 0;
    for (int at = 0; at < n; at++)
        if (safe(row, at)) {
            column[row] = at;
            ways += place(row + 1);
        }
    return ways;
}

int main(int argc, char **argv) {
    n = argc > 1 ? atoi(argv[1]) : 6;
    if (n < 1 || n > 16) return 1;
    printf("queens %u\n", place(0));
    return 0;
}
