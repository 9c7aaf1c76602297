// Extended attributes of a user's own.
#include "../show.h"
#include <sys/xattr.h>

int main(void)
{
    char value[16], list[64];
    make("f", "");
    SHOW(setxattr("f", "user.test", "value", 5, 0));
    SHOW(getxattr("f", "user.test", value, sizeof value));
    show_bytes("value", value, 5);
    SHOW(getxattr("f", "user.test", value, 2));
    SHOW(getxattr("f", "user.none", value, sizeof value));
    SHOW(listxattr("f", list, sizeof list) >= 10);
    SHOW(setxattr("f", "user.test", "x", 1, XATTR_CREATE));
    SHOW(removexattr("f", "user.test"));
    SHOW(removexattr("f", "user.test"));
    int fd = open("f", O_RDWR);
    SHOW(fsetxattr(fd, "user.other", "1", 1, 0));
    SHOW(fgetxattr(fd, "user.other", value, sizeof value));
    return 0;
}
