#include <stdio.h>

int main(void) {
    printf("Hello from LFI\n");
    return 0;
}
