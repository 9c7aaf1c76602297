// telldir and seekdir go back to where they were.
#include "../show.h"

int main(void)
{
    char first[64], again[64];
    mkdir("d", 0755);
    make("d/a", "");
    make("d/b", "");
    make("d/c", "");
    DIR *dir = opendir("d");
    readdir(dir);
    long here = telldir(dir);
    strcpy(first, readdir(dir)->d_name);
    readdir(dir);
    seekdir(dir, here);
    strcpy(again, readdir(dir)->d_name);
    SHOW(strcmp(first, again));
    SHOW(dirfd(dir) >= 0);
    return 0;
}
