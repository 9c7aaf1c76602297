// Classes of characters.
#include "../show.h"
#include <ctype.h>

int main(void)
{
    int (*classes[])(int) = {isalnum, isalpha, isblank, iscntrl, isdigit, isgraph, islower, isprint, ispunct, isspace, isupper, isxdigit};
    for (int k = 0; k < 12; k++) {
        unsigned hash = 0, count = 0;
        for (int c = -1; c < 256; c++)
            if (classes[k](c)) {
                hash = hash * 31 + c;
                count++;
            }
        printf("%d: %u %u\n", k, count, hash);
    }
    for (int c = 0; c < 128; c++)
        if (toupper(c) != c || tolower(c) != c)
            printf("%c%c", toupper(c), tolower(c));
    puts("");
    return 0;
}
