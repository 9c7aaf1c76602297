// From text to numbers, with every border.
#include "../show.h"

int main(void)
{
    char *end;
    const char *texts[] = {"0", "-1", "  42x", "0x1F", "077", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "", "abc", "+5", "- 5", "0x", "1e3"};
    for (int i = 0; i < 14; i++) {
        errno = 0;
        long long n = strtoll(texts[i], &end, 0);
        printf("%s: %lld rest \"%s\" %s\n", texts[i], n, end, errno ? strerror(errno) : "fine");
        errno = 0;
        double d = strtod(texts[i], &end);
        printf("   %g rest \"%s\" %s\n", d, end, errno ? strerror(errno) : "fine");
    }
    SHOW(strtoul("zz", NULL, 36));
    SHOW(strtoul("-1", NULL, 10) == ULONG_MAX);
    SHOW(atoi("12abc"));
    printf("%a %a %g\n", strtod("0x1.8p3", NULL), strtod("4.9406564584124654e-324", NULL), strtod("1e999", NULL));
    printf("%d %d\n", strtod("inf", NULL) > 1e308, strtod("nan(1)", NULL) != strtod("nan", NULL));
    printf("%.9g %.21Lg\n", strtof("3.14159265358979", NULL), strtold("3.14159265358979323846", NULL));
    return 0;
}
