// snprintf cuts, and says what it would have taken.
#include "../show.h"

int main(void)
{
    char buffer[8] = "zzzzzzz";
    SHOW(snprintf(buffer, 8, "%s", "0123456789"));
    show_bytes("buffer", buffer, 8);
    SHOW(snprintf(buffer, 1, "x"));
    SHOW(buffer[0]);
    SHOW(snprintf(NULL, 0, "%d-%d", 12, 345));
    char *made;
    SHOW(asprintf(&made, "%s/%05d", "name", 42));
    puts(made);
    SHOW(dprintf(1, "straight %d\n", 1));
    return 0;
}
