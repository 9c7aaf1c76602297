// fread and fwrite, of many sizes.
#include "../show.h"

int main(void)
{
    int numbers[1000], back[1000];
    for (int i = 0; i < 1000; i++)
        numbers[i] = i * i;
    FILE *f = fopen("f", "w+");
    SHOW(fwrite(numbers, sizeof *numbers, 1000, f));
    rewind(f);
    SHOW(fread(back, sizeof *back, 600, f));
    SHOW(fread(back + 600, sizeof *back, 400, f));
    SHOW(fgetc(f));
    SHOW(feof(f) != 0);
    SHOW(memcmp(numbers, back, sizeof back));
    SHOW(fread(back, 0, 5, f));
    SHOW(fclose(f));
    return 0;
}
