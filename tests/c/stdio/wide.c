// Wide characters, with a locale that has them.
#include "../show.h"
#include <locale.h>
#include <wchar.h>

int main(void)
{
    wchar_t text[32];
    SHOW(setlocale(LC_ALL, "C.UTF-8") != NULL);
    FILE *f = fopen("f", "w+");
    SHOW(fputws(L"gr\u00fc\u00df \u4f60\u597d \U0001f600", f) >= 0);
    rewind(f);
    SHOW(fgetws(text, 32, f) != NULL);
    SHOW(wcslen(text));
    SHOW(fwide(f, 0) > 0);
    fclose(f);
    SHOW(swprintf(text, 32, L"%d %ls %s", 5, L"wide", "narrow"));
    SHOW(wcscmp(text, L"5 wide narrow"));
    int n = 0;
    SHOW(swscanf(L"77 x", L"%d", &n));
    SHOW(n);
    return 0;
}
