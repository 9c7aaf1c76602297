// open that cannot be.
#include "../show.h"

int main(void)
{
    char name[5000];
    make("f", "");
    mkdir("d", 0755);
    SHOW(open("missing/f", O_RDONLY));
    SHOW(open("f/f", O_RDONLY));
    SHOW(open("f/", O_RDONLY));
    SHOW(open("d", O_WRONLY));
    SHOW(open("d", O_RDWR | O_CREAT, 0644));
    SHOW(open("f", O_RDONLY | O_DIRECTORY));
    SHOW(open("", O_RDONLY));
    SHOW(open("d/new/", O_WRONLY | O_CREAT, 0644));
    memset(name, 'x', sizeof name);
    name[300] = 0;
    SHOW(open(name, O_WRONLY | O_CREAT, 0644));
    name[300] = 'x';
    name[4999] = 0;
    SHOW(open(name, O_WRONLY | O_CREAT, 0644));
    SHOW(open((char *)8, O_RDONLY));
    SHOW(open("f", O_RDONLY | O_CREAT, 0644) >= 0);
    return 0;
}
