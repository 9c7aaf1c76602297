// printf of integers, with every flag.
#include "../show.h"

int main(void)
{
    const char *formats[] = {"%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%.3d", "%8.3d", "%x", "%#x", "%#o", "%X", "%u", "%'d"};
    int values[] = {0, 1, -1, 42, -12345, INT_MAX, INT_MIN};
    for (int f = 0; f < 14; f++) {
        for (int v = 0; v < 7; v++) {
            printf(formats[f], values[v]);
            putchar(' ');
        }
        putchar('\n');
    }
    printf("%hhd %hd %ld %lld %zu %jd %td\n", (char)-3, (short)-4, -5l, -6ll, (size_t)7, (intmax_t)8, (ptrdiff_t)9);
    printf("%*d|%-*d|%.*d\n", 6, 1, 6, 2, 3, 4);
    printf("%2$s %1$s\n", "first", "second");
    printf("%c%c %% %s %.2s %5s|%-5s|\n", 'a', 66, "text", "cut", "r", "l");
    printf("%p %p\n", (void *)0x1234, (void *)0);
    return 0;
}
