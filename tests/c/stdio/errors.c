// perror and strerror.
#include "../show.h"

int main(void)
{
    for (int e = 0; e < 20; e++)
        printf("%d %s\n", e, strerror(e));
    char buffer[64];
    SHOW(strerror_r(ENOENT, buffer, sizeof buffer));
    puts(buffer);
    SHOW(close(-1));
    SHOW(remove("missing"));
    SHOW(rename("missing", "other"));
    SHOW(fclose(fopen("f", "w")));
    return 0;
}
