// A hostile program: it writes through a pointer to memory of the host.
// The address is the host's, not the sandbox's: argv[1] in hexadecimal, or a
// typical address of host code. In a sandbox the store lands at the same low
// 32 bits of the sandbox's own slot, which nothing maps there: it faults.
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    unsigned long address = argc > 1 ? strtoul(argv[1], 0, 16) : 0x555500008000;
    printf("writing to %#lx\n", address);
    fflush(stdout);
    *(volatile int *)address = 42;
    printf("the store went somewhere inside the sandbox\n");
    return 0;
}
