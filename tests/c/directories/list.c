// All entries once, with their types.
#include "../show.h"

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int main(void)
{
    struct dirent **list;
    mkdir("d", 0755);
    mkdir("d/sub", 0755);
    make("d/file", "");
    symlink("file", "d/link");
    mkfifo("d/fifo", 0600);
    int n = scandir("d", &list, NULL, by_name);
    for (int i = 0; i < n; i++)
        printf("%s %d\n", list[i]->d_name, list[i]->d_type);
    SHOW(opendir("missing") == NULL);
    SHOW(opendir("d/file") == NULL);
    unlink("d/fifo");
    return 0;
}
