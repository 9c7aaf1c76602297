// Locales: the C one, and what it says.
#include "../show.h"
#include <langinfo.h>
#include <locale.h>
#include <monetary.h>

int main(void)
{
    puts(setlocale(LC_ALL, NULL));
    SHOW(setlocale(LC_ALL, "C") != NULL);
    struct lconv *l = localeconv();
    printf("%s|%s|%s\n", l->decimal_point, l->thousands_sep, l->currency_symbol);
    puts(nl_langinfo(DAY_1));
    puts(nl_langinfo(RADIXCHAR));
    locale_t made = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
    SHOW(made != NULL);
    locale_t before = uselocale(made);
    puts(nl_langinfo(CODESET));
    uselocale(before);
    freelocale(made);
    puts(nl_langinfo(CODESET));
    return 0;
}
