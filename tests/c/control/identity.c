// Who the program is.
#include "../show.h"
#include <sys/utsname.h>

int main(void)
{
    struct utsname name;
    SHOW(getpid() > 0);
    SHOW(getpid() == getpid());
    SHOW(getpid() == gettid());
    SHOW(getuid() == geteuid());
    SHOW(getgid() == getegid());
    SHOW(uname(&name));
    puts(name.sysname);
    puts(name.machine);
    SHOW(getpgid(0) > 0);
    SHOW(getpgid(-5));
    SHOW(uname((void *)8));
    return 0;
}
