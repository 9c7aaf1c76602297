// Order of strings, with and without case, with numbers.
#include "../show.h"

int main(void)
{
    SHOW(strcmp("a", "b") < 0);
    SHOW(strcmp("abc", "abc"));
    SHOW(strcmp("ab\xff", "ab\x01") > 0);
    SHOW(strncmp("abcd", "abce", 3));
    SHOW(strcasecmp("HeLLo", "hEllO"));
    SHOW(strncasecmp("ABx", "aby", 2));
    SHOW(memcmp("a\0b", "a\0c", 3) < 0);
    SHOW(strverscmp("file9", "file10") < 0);
    SHOW(strverscmp("1.01", "1.1") < 0);
    SHOW(strcoll("a", "B") > 0);
    return 0;
}
