// fseek, ftell, ungetc, reading and writing in turn.
#include "../show.h"

int main(void)
{
    FILE *f = fopen("f", "w+");
    SHOW(fprintf(f, "0123456789"));
    SHOW(ftell(f));
    SHOW(fseek(f, 3, SEEK_SET));
    SHOW(fgetc(f));
    SHOW(ungetc('Z', f));
    SHOW(fgetc(f));
    SHOW(ftell(f));
    SHOW(fseek(f, 0, SEEK_CUR));
    SHOW(fputc('W', f));
    SHOW(fseek(f, -1, SEEK_END));
    SHOW(fgetc(f));
    SHOW(fgetc(f));
    SHOW(fseek(f, -100, SEEK_SET));
    fpos_t at;
    SHOW(fseek(f, 4, SEEK_SET));
    SHOW(fgetpos(f, &at));
    SHOW(fgetc(f));
    SHOW(fsetpos(f, &at));
    SHOW(fgetc(f));
    SHOW(fclose(f));
    return 0;
}
