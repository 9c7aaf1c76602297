// strtok, strsep, and lists of words.
#include "../show.h"

int main(void)
{
    char text[] = " one, two,,three ", *rest = text, *save;
    for (char *w = strtok(text, " ,"); w; w = strtok(NULL, " ,"))
        puts(w);
    char other[] = "a::b:";
    rest = other;
    for (char *w; (w = strsep(&rest, ":"));)
        printf("[%s]", w);
    puts("");
    char third[] = "x y";
    puts(strtok_r(third, " ", &save));
    puts(strtok_r(NULL, " ", &save));
    char *copy = strdup("copy");
    puts(copy);
    puts(strndup("cut here", 3));
    free(copy);
    return 0;
}
