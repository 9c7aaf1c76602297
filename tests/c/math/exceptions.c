// Exceptions are raised, kept over calls, and cleared.
#include "../show.h"
#include <fenv.h>
#include <math.h>
static int raised(void)
{
    return fetestexcept(FE_ALL_EXCEPT);
}

int main(void)
{
    volatile double zero = 0, one = 1, huge = 1e308, tiny = 1e-308, r;
    feclearexcept(FE_ALL_EXCEPT);
    r = one / zero;
    SHOW(raised() == FE_DIVBYZERO);
    SHOW(access("missing", F_OK));
    SHOW(raised() == FE_DIVBYZERO);
    feclearexcept(FE_ALL_EXCEPT);
    r = zero / zero;
    SHOW(raised() == FE_INVALID);
    feclearexcept(FE_ALL_EXCEPT);
    r = huge * huge;
    SHOW(raised() == (FE_OVERFLOW | FE_INEXACT));
    feclearexcept(FE_ALL_EXCEPT);
    r = tiny * tiny;
    SHOW(raised() == (FE_UNDERFLOW | FE_INEXACT));
    feclearexcept(FE_ALL_EXCEPT);
    r = sqrt(-one);
    SHOW((raised() & FE_INVALID) != 0);
    fenv_t environment;
    SHOW(feholdexcept(&environment));
    SHOW(raised());
    SHOW(feraiseexcept(FE_OVERFLOW));
    SHOW(feupdateenv(&environment));
    SHOW((raised() & FE_OVERFLOW) != 0);
    return 0;
}
