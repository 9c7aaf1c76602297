// Days and seconds, in both directions.
#include "../show.h"

int main(void)
{
    char text[64];
    time_t times[] = {0, 86399, 951782400, 1709164799, 2147483647, 4107542400, -1, -86400 * 365};
    for (int i = 0; i < 8; i++) {
        struct tm tm;
        gmtime_r(&times[i], &tm);
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %a %j %U %V %u", &tm);
        printf("%lld: %s, back %d\n", (long long)times[i], text, timegm(&tm) == times[i]);
    }
    struct tm odd = {.tm_year = 124, .tm_mon = 13, .tm_mday = 32, .tm_hour = 25, .tm_min = -1};
    SHOW(timegm(&odd));
    printf("%d-%d-%d\n", odd.tm_year + 1900, odd.tm_mon + 1, odd.tm_mday);
    SHOW(strptime("2024-02-29 12:34:56", "%Y-%m-%d %H:%M:%S", &odd) != NULL);
    SHOW(timegm(&odd));
    SHOW(difftime(10, 3));
    return 0;
}
