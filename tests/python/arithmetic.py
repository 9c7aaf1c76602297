# Large integers, floating point, decimals (both implementations), fractions, statistics.
import _pydecimal
import cmath
import decimal
import fractions
import math
import statistics

print(math.factorial(200), math.comb(300, 150) % 10**20, pow(3, 10**30, 10**9 + 7), pow(17, -1, 10**9 + 7))
x = 7**5000
assert int(str(x)) == x and int(hex(x), 16) == x and (x * x) // x == x and divmod(-x, 1234567) == (-x // 1234567, -x % 1234567)
print(math.isqrt(x).bit_length(), x.bit_count(), (x >> 5000) % 1000003, (-x & 0xFFFFFFFFFFFFFFFFFFFF), (x ^ -x) % 97)
try:
    print(len(str(10**5000)))
except ValueError as error:
    print(error)


def arctan_of_inverse(x, one):
    power, total, n, sign = one // x, 0, 1, 1
    while power:
        total += sign * (power // n)
        power, n, sign = power // (x * x), n + 2, -sign
    return total


# Machin's formula.
print((4 * (4 * arctan_of_inverse(5, 10**310) - arctan_of_inverse(239, 10**310))) // 10**10)
for module in (decimal, _pydecimal):
    D = module.Decimal
    with module.localcontext() as context:
        context.prec = 50
        values = [D(2).sqrt(), D(1) / D(7), D(10).ln(), D(1).exp(), D("1E+400") ** 3, D(-7) // D(2), D(-7) % D(2)]
        print(module.__name__, *values)
        context.traps[module.Inexact] = True
        try:
            print(D(1) / D(3))
        except module.Inexact as error:
            print(type(error).__name__)
        context.traps[module.Inexact] = False
        print(D("123.456").quantize(D(".1"), module.ROUND_UP), f"{D('1234567.891'):,.2f}", D("NaN"), D("-0"))
print(sum(fractions.Fraction(1, n) for n in range(1, 60)), fractions.Fraction("3.14159").limit_denominator(100))
print([0.1 + 0.2, 1e16 + 1, 5e-324, 1.7976931348623157e308 * 10, -0.0, math.inf - math.inf], (0.1).hex(), round(2.675, 2))
print([f(0.7) for f in (math.sin, math.tan, math.exp, math.log, math.gamma, math.erf, math.cbrt, math.asinh)])
print(math.fsum([0.1] * 10), math.hypot(3, 4, 12), math.nextafter(1, 2), math.ulp(1e300), cmath.sqrt(-2 + 3j), (1 + 2j) ** 3.5)
sample = [((i * 7919) % 1009) / 7 for i in range(1000)]
print(statistics.fmean(sample), statistics.stdev(sample), statistics.median(sample), statistics.quantiles(sample, n=5))
