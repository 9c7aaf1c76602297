// The environment: set, replaced, removed.
#include "../show.h"

extern char **environ;

int main(void)
{
    SHOW(setenv("A", "1", 0));
    SHOW(setenv("A", "2", 0));
    puts(getenv("A"));
    SHOW(setenv("A", "3", 1));
    puts(getenv("A"));
    SHOW(putenv("B=put"));
    puts(getenv("B"));
    SHOW(unsetenv("A"));
    SHOW(getenv("A") == NULL);
    SHOW(setenv("x=y", "1", 1));
    SHOW(setenv("", "1", 1));
    puts(getenv("LFI_TEST"));
    SHOW(clearenv());
    SHOW(getenv("LFI_TEST") == NULL);
    for (int i = 0; i < 100; i++) {
        char name[8];
        snprintf(name, sizeof name, "V%d", i);
        setenv(name, name, 1);
    }
    puts(getenv("V77"));
    return 0;
}
