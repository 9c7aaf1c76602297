// iconv between character sets.
#include "../show.h"
#include <iconv.h>

int main(void)
{
    char from[] = "Gr\xfc\xdf", to[64] = "", *in = from, *out = to;
    size_t left = strlen(from), room = sizeof to;
    iconv_t d = iconv_open("UTF-8", "ISO-8859-1");
    SHOW(iconv(d, &in, &left, &out, &room));
    show_bytes("utf-8", to, out - to);
    SHOW(iconv_close(d));
    d = iconv_open("UTF-16BE", "UTF-8");
    in = "\xe4\xbd\xa0x";
    left = 4;
    out = to;
    room = sizeof to;
    SHOW(iconv(d, &in, &left, &out, &room));
    show_bytes("utf-16", to, out - to);
    in = "\xff";
    left = 1;
    SHOW(iconv(d, &in, &left, &out, &room));
    SHOW(iconv_open("UTF-8", "NO-SUCH") == (iconv_t)-1);
    return 0;
}
