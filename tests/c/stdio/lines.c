// Lines of any length.
#include "../show.h"

int main(void)
{
    char buffer[8], *line = NULL;
    size_t size = 0;
    FILE *f = fopen("f", "w+");
    SHOW(fputs("short\na line that is longer\n\nlast", f) >= 0);
    rewind(f);
    while (fgets(buffer, sizeof buffer, f))
        show_bytes("piece", buffer, strlen(buffer));
    SHOW(feof(f) != 0);
    rewind(f);
    for (ssize_t n; (n = getline(&line, &size, f)) >= 0;)
        printf("%zd %s|\n", n, line);
    rewind(f);
    SHOW(getdelim(&line, &size, 'l', f));
    SHOW(fclose(f));
    return 0;
}
