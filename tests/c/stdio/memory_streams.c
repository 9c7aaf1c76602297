// Streams that are memory.
#include "../show.h"

int main(void)
{
    char fixed[16] = "abc", *made = NULL;
    size_t size = 0;
    FILE *f = fmemopen(fixed, sizeof fixed, "r+");
    SHOW(fgetc(f));
    SHOW(fseek(f, 0, SEEK_END));
    SHOW(fputs("def", f) >= 0);
    SHOW(fclose(f));
    show_bytes("fixed", fixed, 8);
    f = open_memstream(&made, &size);
    for (int i = 0; i < 100; i++)
        fprintf(f, "%d,", i);
    SHOW(fclose(f));
    SHOW(size);
    SHOW(strlen(made));
    show_bytes("end", made + size - 6, 6);
    return 0;
}
