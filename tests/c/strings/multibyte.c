// UTF-8 to wide characters and back.
#include "../show.h"
#include <locale.h>
#include <wchar.h>

int main(void)
{
    SHOW(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    SHOW(MB_CUR_MAX);
    const char *good = "a\xc3\xbc\xe4\xbd\xa0\xf0\x9f\x98\x80";
    wchar_t wide[8];
    char back[32];
    SHOW(mbstowcs(wide, good, 8));
    for (int i = 0; i < 4; i++)
        printf("%x ", (unsigned)wide[i]);
    puts("");
    SHOW(wcstombs(back, wide, 32));
    SHOW(strcmp(good, back));
    const char *bad[] = {"\xff", "\xc3", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xc0\x80"};
    for (int i = 0; i < 5; i++)
        SHOW(mbstowcs(wide, bad[i], 8));
    mbstate_t state = {0};
    wchar_t c;
    SHOW(mbrtowc(&c, "\xe4", 1, &state));
    SHOW(mbrtowc(&c, "\xbd\xa0", 2, &state));
    printf("%x\n", (unsigned)c);
    return 0;
}
