// printf of floating point numbers: exact, rounded, long.
#include "../show.h"

int main(void)
{
    double values[] = {0.0, -0.0, 1.0, 0.1, 1.0 / 3, 123456789.0, 1e22, 1e23, 5e-324, 1.7976931348623157e308, 0.5, 1.5, 2.5};
    for (int i = 0; i < 13; i++)
        printf("%f %.0f %e %g %.17g %a %10.3f|%-12g|%+.2e\n", values[i], values[i], values[i], values[i], values[i],
               values[i], values[i], values[i], values[i]);
    printf("%f %F %e %g\n", 1.0 / 0.0, -1.0 / 0.0, 0.0 / 0.0 > 0 ? 1.0 : 2.0, 1e100);
    printf("%.50f\n%.30g\n", 0.1, 1.0 / 7);
    printf("%Lf %Le %Lg %La\n", 1.5L, 1e4000L, 3.25L, 1.0L);
    return 0;
}
