// fopen's modes.
#include "../show.h"

int main(void)
{
    char buffer[16];
    FILE *f;
    SHOW(fopen("missing", "r") == NULL);
    SHOW((f = fopen("f", "wx")) != NULL);
    fputs("one", f);
    fclose(f);
    SHOW(fopen("f", "wx") == NULL);
    SHOW((f = fopen("f", "a+")) != NULL);
    fputs("two", f);
    rewind(f);
    SHOW(fread(buffer, 1, 16, f));
    show_bytes("read", buffer, 6);
    fclose(f);
    SHOW((f = fopen("f", "r")) != NULL);
    SHOW(fputc('x', f));
    SHOW(ferror(f) != 0);
    clearerr(f);
    SHOW(ferror(f));
    fclose(f);
    SHOW((f = fopen("f", "r+")) != NULL);
    fputs("X", f);
    fclose(f);
    SHOW(fopen("f", "?") == NULL);
    return 0;
}
