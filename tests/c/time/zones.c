// Zones by their rules.
#include "../show.h"

int main(void)
{
    char text[64];
    const char *zones[] = {"UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0", "XXX-5:30", "<+12>-12"};
    time_t times[] = {1704067200, 1720000000};
    for (int i = 0; i < 5; i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        for (int k = 0; k < 2; k++) {
            struct tm *tm = localtime(&times[k]);
            strftime(text, sizeof text, "%F %T %z", tm);
            printf("%s: %s, summer %d, back %d\n", zones[i], text, tm->tm_isdst, mktime(tm) == times[k]);
        }
    }
    return 0;
}
