// Copies of all lengths, overlapping and not.
#include "../show.h"

int main(void)
{
    unsigned char from[600], to[600];
    int wrong = 0;
    for (int i = 0; i < 600; i++)
        from[i] = i * 37 >> 2;
    for (size_t n = 0; n < 500; n += n < 70 ? 1 : 37)
        for (int shift = 0; shift < 17; shift++) {
            memset(to, 0, sizeof to);
            memcpy(to + shift, from + 3, n);
            wrong += memcmp(to + shift, from + 3, n) != 0 || to[shift + n] != 0;
            memcpy(to, from, sizeof to);
            memmove(to + shift, to, n);
            wrong += memcmp(to + shift, from, n) != 0;
            memcpy(to, from, sizeof to);
            memmove(to, to + shift, n);
            wrong += memcmp(to, from + shift, n) != 0;
        }
    SHOW(wrong);
    char small[8];
    SHOW(strlcpy(small, "0123456789", sizeof small));
    puts(small);
    SHOW(strlcat(small, "x", sizeof small));
    puts(stpcpy(small, "ab") - 2);
    strncpy(small, "xy", sizeof small);
    show_bytes("padded", small, 8);
    return 0;
}
