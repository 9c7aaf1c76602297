// Iterations until escape over a part of the complex plane.
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    int size = argc > 1 ? atoi(argv[1]) : 50;
    unsigned sum = 0;
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++) {
            double cr = 2.0 * x / size - 1.5, ci = 2.0 * y / size - 1.0, zr = 0, zi = 0;
            int i = 0;
            while (i < 100 && zr * zr + zi * zi < 4) {
                double next = zr * zr - zi * zi + cr;
                zi = 2 * zr * zi + ci;
                zr = next;
                i++;
            }
            sum = sum * 31 + (unsigned)i;
        }
    printf("mandelbrot %08x\n", sum);
    return 0;
}
