// More entries than fit into one call.
#include "../show.h"

int main(void)
{
    char name[32], seen[1000] = "";
    int count = 0;
    mkdir("d", 0755);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "d/entry-number-%d", i);
        close(open(name, O_CREAT | O_WRONLY, 0644));
    }
    DIR *dir = opendir("d");
    for (struct dirent *e; (e = readdir(dir));)
        if (e->d_name[0] != '.')
            count += !seen[atoi(e->d_name + 13)]++;
    SHOW(count);
    rewinddir(dir);
    count = 0;
    while (readdir(dir))
        count++;
    SHOW(count);
    SHOW(closedir(dir));
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "d/entry-number-%d", i);
        unlink(name);
    }
    SHOW(rmdir("d"));
    return 0;
}
