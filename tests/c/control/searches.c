// Hash tables, trees, and lists of the C library.
#include "../show.h"
#include <search.h>
static void visit(const void *node, VISIT order, int depth)
{
    if (order == postorder || order == leaf)
        printf("%s ", *(const char *const *)node);
}

int main(void)
{
    const char *words[] = {"one", "two", "three", "four", "five", "six", "seven"};
    void *tree = NULL;
    SHOW(hcreate(32));
    for (intptr_t i = 0; i < 7; i++) {
        hsearch((ENTRY){(char *)words[i], (void *)i}, ENTER);
        tsearch(words[i], &tree, (int (*)(const void *, const void *))strcmp);
    }
    SHOW((intptr_t)hsearch((ENTRY){"five", NULL}, FIND)->data);
    SHOW(hsearch((ENTRY){"eight", NULL}, FIND) == NULL);
    twalk(tree, visit);
    puts("");
    SHOW(tfind("three", &tree, (int (*)(const void *, const void *))strcmp) != NULL);
    tdelete("three", &tree, (int (*)(const void *, const void *))strcmp);
    SHOW(tfind("three", &tree, (int (*)(const void *, const void *))strcmp) == NULL);
    hdestroy();
    return 0;
}
