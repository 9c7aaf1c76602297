// Finding bytes and strings, at every alignment.
#include "../show.h"

int main(void)
{
    char text[256];
    int wrong = 0;
    memset(text, 'a', 255);
    text[255] = 0;
    for (int start = 0; start < 40; start++)
        for (int at = start; at < 100; at++) {
            text[at] = 'b';
            wrong += strchr(text + start, 'b') != text + at;
            wrong += memchr(text + start, 'b', 200) != text + at;
            wrong += strcspn(text + start, "xyb") != (size_t)(at - start);
            wrong += strstr(text + start, "ab") != (at > start ? text + at - 1 : NULL);
            text[at] = 'a';
        }
    SHOW(wrong);
    SHOW(strrchr("a/b/c", '/') - "a/b/c" > 0 || 1);
    SHOW(strspn("aabbc", "ab"));
    puts(strpbrk("hello", "xyl"));
    puts((char *)memmem("haystack", 8, "st", 2));
    puts(strcasestr("Some Text", "TEXT"));
    SHOW(memrchr("abca", 'a', 4) != NULL);
    SHOW(strstr("abc", "") != NULL);
    SHOW(strnlen("abc", 2));
    return 0;
}
