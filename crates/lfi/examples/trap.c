/* All that can go wrong: trap.rs. */
#include <stdlib.h>

struct node {
    struct node *next;
    int value;
};

static inline int last(const struct node *node)
{
    while (node->next)
        node = node->next;
    return node->value;
}

__attribute__((noinline)) static int count(const struct node *list)
{
    return last(list) + 1;
}

int use_list(const struct node *list)
{
    return count(list) * 2;
}

int recurse(int depth)
{
    volatile char room[1000];
    room[0] = (char)depth;
    return recurse(depth + 1) + room[0];
}

void give_up(void)
{
    abort();
}
