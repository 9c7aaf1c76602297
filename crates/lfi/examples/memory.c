/* Memory that goes in, comes out or is shared: memory.rs. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char *start;
    size_t length;
};

unsigned long sum(const unsigned char *bytes, size_t count)
{
    unsigned long sum = 0;
    while (count--)
        sum += *bytes++;
    return sum;
}

/* Fills in a structure of the caller's with memory of its own. */
int capitals(const char *from, struct text *to)
{
    to->length = strlen(from);
    to->start = malloc(to->length + 1);
    if (!to->start)
        return -1;
    for (size_t i = 0; i <= to->length; i++)
        to->start[i] = toupper((unsigned char)from[i]);
    return 0;
}
