// scanf: numbers, strings, sets, counts.
#include "../show.h"

int main(void)
{
    int a = 0, b = 0, n = 0;
    unsigned x = 0;
    double d = 0;
    char word[16] = "", set[16] = "", c = 0;
    SHOW(sscanf("12 -34 0x1f", "%d %d %x", &a, &b, &x));
    printf("%d %d %u\n", a, b, x);
    SHOW(sscanf("077 077", "%i %d", &a, &b));
    printf("%d %d\n", a, b);
    SHOW(sscanf("3.5e2word", "%lf%15s", &d, word));
    printf("%g %s\n", d, word);
    SHOW(sscanf("abc123", "%[a-z]%n%c", set, &n, &c));
    printf("%s %d %c\n", set, n, c);
    SHOW(sscanf("a,b", "%*[^,],%c", &c));
    SHOW(sscanf("nothing", "%d", &a));
    SHOW(sscanf("", "%d", &a));
    SHOW(sscanf("99999999999", "%3d%2d", &a, &b));
    printf("%d %d\n", a, b);
    char *made = NULL;
    SHOW(sscanf("allocated rest", "%ms", &made));
    printf("%s\n", made);
    return 0;
}
