// The smallest program that says something: what starting one takes.
#include <stdio.h>

int main(void)
{
    puts("hello");
    return 0;
}
