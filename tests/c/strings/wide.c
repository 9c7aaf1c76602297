// Wide characters and their classes.
#include "../show.h"
#include <locale.h>
#include <wchar.h>
#include <wctype.h>

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    unsigned upper = 0, alpha = 0, changed = 0;
    for (wint_t c = 0; c < 0x20000; c++) {
        upper += iswupper(c) != 0;
        alpha += iswalpha(c) != 0;
        changed += towlower(c) != c;
    }
    printf("%u %u %u\n", upper, alpha, changed);
    SHOW(wcscmp(L"abc", L"abd") < 0);
    SHOW(wcslen(L"\u4f60\u597d"));
    SHOW(wcstol(L"123x", NULL, 10));
    SHOW(wcsstr(L"haystack", L"st") != NULL);
    SHOW(wcwidth(L'\u4f60'));
    SHOW(wcswidth(L"abc", 3));
    return 0;
}
