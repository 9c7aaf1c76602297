// Functions with any number of arguments, of all kinds.
#include "../show.h"

static double total(const char *kinds, ...)
{
    va_list list, copy;
    double sum = 0;
    va_start(list, kinds);
    va_copy(copy, list);
    for (int round = 0; round < 2; round++)
        for (const char *k = kinds; *k; k++)
            switch (*k) {
            case 'i': sum += va_arg(*(round ? &copy : &list), int); break;
            case 'd': sum += va_arg(*(round ? &copy : &list), double); break;
            case 'l': sum += va_arg(*(round ? &copy : &list), long long); break;
            case 'L': sum += va_arg(*(round ? &copy : &list), long double); break;
            case 's': sum += strlen(va_arg(*(round ? &copy : &list), char *)); break;
            }
    va_end(copy);
    va_end(list);
    return sum;
}

int main(void)
{
    printf("%g\n", total("idlLs", 1, 2.5, 3ll, 4.25L, "five!"));
    printf("%g\n", total("iiiiiiiiiddddddddddddLs", 1, 2, 3, 4, 5, 6, 7, 8, 9, 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12.,
                         13.L, "x"));
    printf("%g\n", total(""));
    return 0;
}
