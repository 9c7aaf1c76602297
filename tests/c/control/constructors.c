// Functions before and after main.
#include "../show.h"

static int order = 0;

__attribute__((constructor(101))) static void early(void)
{
    printf("early %d\n", order++);
}

__attribute__((constructor(102))) static void later(void)
{
    printf("later %d\n", order++);
}

__attribute__((destructor)) static void last(void)
{
    printf("last %d\n", order++);
}

int main(void)
{
    printf("main %d\n", order++);
    return 0;
}
