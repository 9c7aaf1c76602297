/* A library with state, which takes long to prepare: pool.rs. */
#include <stdlib.h>

static unsigned char *table;
static unsigned lookups;

int prepare(void)
{
    table = malloc(1 << 16);
    if (!table)
        return -1;
    for (unsigned i = 0; i < 1 << 16; i++)
        table[i] = i * 2654435761u >> 24;
    return 0;
}

int look_up(unsigned short key)
{
    lookups++;
    return table[key];
}

unsigned count(void)
{
    return lookups;
}

/* What an attacker would have it do. */
void spoil(unsigned long where)
{
    table[7] = 99;
    *(volatile char *)where = 1;
}
