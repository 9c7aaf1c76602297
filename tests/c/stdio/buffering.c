// What is buffered, and when it is written.
#include "../show.h"

int main(void)
{
    struct stat s;
    FILE *f = fopen("f", "w");
    SHOW(setvbuf(f, NULL, _IOFBF, 16));
    fputs("0123456789", f);
    stat("f", &s);
    SHOW(s.st_size);
    fputs("0123456789", f);
    SHOW(fflush(f));
    stat("f", &s);
    SHOW(s.st_size);
    FILE *g = fopen("g", "w");
    setvbuf(g, NULL, _IONBF, 0);
    fputs("x", g);
    stat("g", &s);
    SHOW(s.st_size);
    FILE *h = fopen("h", "w");
    setvbuf(h, NULL, _IOLBF, 64);
    fputs("line\nhalf", h);
    stat("h", &s);
    SHOW(s.st_size);
    return 0;
}
