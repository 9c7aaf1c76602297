//! C's `long double`.

use super::{Composite, Data, Layout, layout::Class};

/// C's `long double`: the x87 format of 80 bits, stored in 16 bytes.
///
/// ```
/// use lfi::LongDouble;
/// assert_eq!(LongDouble::from(0.1).to_f64(), 0.1);
/// assert_eq!(LongDouble::from(u64::MAX).to_bits(), (16383 + 63, u64::MAX));
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(16))]
pub struct LongDouble {
    /// With an explicit bit 63 for the integer part.
    significand: u64,
    /// Sign in bit 15, the exponent below it.
    sign_exponent: u16,
}

/// What exponents of the format are too large by.
const BIAS: u16 = 16383;
/// The exponent of infinities and what is not a number.
const SPECIAL: u16 = 0x7fff;
const SIGN: u16 = 0x8000;
/// The integer part of a significand.
const ONE: u64 = 1 << 63;

/// The same of `f64`.
mod double {
    pub(super) const BIAS: u16 = 1023;
    pub(super) const SPECIAL: u64 = 0x7ff;
    pub(super) const FRACTION_BITS: u32 = 52;
    pub(super) const FRACTION: u64 = (1 << FRACTION_BITS) - 1;
}

/// Bits of a significand that `f64` has no place for.
const SURPLUS: u32 = 63 - double::FRACTION_BITS;

impl LongDouble {
    /// The number with these bits: sign and exponent, significand.
    pub const fn from_bits(sign_exponent: u16, significand: u64) -> Self {
        Self { significand, sign_exponent }
    }

    /// Its bits: sign and exponent, significand.
    pub const fn to_bits(self) -> (u16, u64) {
        (self.sign_exponent, self.significand)
    }

    /// The nearest `f64`, the even one of two that are equally near: what C's
    /// conversion gives in the usual rounding mode. Bits that are no number of
    /// today's processors give NaN.
    pub fn to_f64(self) -> f64 {
        let exponent = self.sign_exponent & !SIGN;
        let sign = u64::from(self.sign_exponent & SIGN) << 48;
        let magnitude = match exponent {
            // Far below the smallest f64.
            0 => 0,
            SPECIAL if self.significand == ONE => double::SPECIAL << double::FRACTION_BITS,
            _ if exponent == SPECIAL || self.significand & ONE == 0 => return f64::NAN,
            _ => rounded(i32::from(exponent) - i32::from(BIAS - double::BIAS), self.significand),
        };
        f64::from_bits(sign | magnitude)
    }
}

/// The bits of the `f64` with an exponent that may be out of range.
fn rounded(exponent: i32, significand: u64) -> u64 {
    if exponent >= double::SPECIAL as i32 {
        return double::SPECIAL << double::FRACTION_BITS;
    }
    // A subnormal number has less precision, the less the smaller it is.
    let shift = SURPLUS + if exponent < 1 { exponent.unsigned_abs() + 1 } else { 0 };
    if shift > 64 {
        return 0;
    }
    // The integer part of a normal number counts one into the exponent.
    let base = u64::try_from(exponent - 1).unwrap_or(0) << double::FRACTION_BITS;
    let wide = u128::from(significand);
    let (kept, lost, half) = ((wide >> shift) as u64, wide & ((1 << shift) - 1), 1u128 << (shift - 1));
    let up = lost > half || lost == half && kept & 1 == 1;
    // A carry goes into the exponent, where it belongs.
    base + kept + u64::from(up)
}

impl From<f64> for LongDouble {
    /// Exact.
    fn from(value: f64) -> Self {
        let bits = value.to_bits();
        let sign = (bits >> 48) as u16 & SIGN;
        let (exponent, fraction) = (bits >> double::FRACTION_BITS & double::SPECIAL, bits & double::FRACTION);
        let (exponent, significand) = match exponent {
            0 if fraction == 0 => (0, 0),
            0 => {
                let zeros = fraction.leading_zeros();
                (BIAS - double::BIAS + 1 + SURPLUS as u16 - zeros as u16, fraction << zeros)
            }
            double::SPECIAL => (SPECIAL, ONE | fraction << SURPLUS),
            _ => (exponent as u16 + (BIAS - double::BIAS), ONE | fraction << SURPLUS),
        };
        Self::from_bits(sign | exponent, significand)
    }
}

impl From<u64> for LongDouble {
    /// Exact.
    fn from(value: u64) -> Self {
        match value.leading_zeros() {
            64 => Self::default(),
            zeros => Self::from_bits(BIAS + 63 - zeros as u16, value << zeros),
        }
    }
}

impl From<i64> for LongDouble {
    /// Exact.
    fn from(value: i64) -> Self {
        let magnitude = Self::from(value.unsigned_abs());
        let sign = if value < 0 { SIGN } else { 0 };
        Self { sign_exponent: magnitude.sign_exponent | sign, ..magnitude }
    }
}

impl PartialEq for LongDouble {
    /// As numbers: zeros are equal, and NaN is equal to nothing.
    fn eq(&self, other: &Self) -> bool {
        let is_zero = |number: &Self| number.sign_exponent & !SIGN == 0 && number.significand == 0;
        let is_nan = |number: &Self| number.sign_exponent & !SIGN == SPECIAL && number.significand != ONE;
        !is_nan(self) && !is_nan(other) && (self.to_bits() == other.to_bits() || is_zero(self) && is_zero(other))
    }
}

impl Data for LongDouble {
    const LAYOUT: Layout = Layout::scalar::<Self>(Class::X87);

    fn store(self, to: &mut [u8]) {
        self.significand.store(to);
        self.sign_exponent.store(&mut to[8..]);
    }

    fn load(from: &[u8]) -> Self {
        Self { significand: Data::load(from), sign_exponent: Data::load(&from[8..]) }
    }
}

impl Composite for LongDouble {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_is_exact() {
        let mut state = 1u64;
        let random = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            f64::from_bits(state ^ state >> 33)
        });
        let special =
            [0.0, -0.0, 1.0, f64::MIN_POSITIVE, 5e-324, -4.9e-320, f64::MAX, f64::INFINITY, f64::NEG_INFINITY];
        for value in special.into_iter().chain(random.take(10_000)).filter(|value| !value.is_nan()) {
            assert_eq!(LongDouble::from(value).to_f64().to_bits(), value.to_bits(), "{value:e}");
            // Subnormal numbers, too.
            let small = f64::from_bits(value.to_bits() & (1 << 63 | double::FRACTION));
            assert_eq!(LongDouble::from(small).to_f64().to_bits(), small.to_bits(), "{small:e}");
        }
        assert!(LongDouble::from(f64::NAN).to_f64().is_nan());
    }

    #[test]
    fn rounds_to_the_nearest_and_to_even() {
        let one = |below: u64| LongDouble::from_bits(BIAS, ONE | below).to_f64().to_bits();
        assert_eq!(
            [one(0x400), one(0x401), one(0xc00)],
            [1.0f64.to_bits(), 1.0f64.to_bits() + 1, 1.0f64.to_bits() + 2]
        );
        assert_eq!(LongDouble::from_bits(BIAS, u64::MAX).to_f64(), 2.0);
        // Half of the smallest subnormal number is even zero, a little more is not.
        let tiny = BIAS - 1075;
        assert_eq!(LongDouble::from_bits(tiny, ONE).to_f64(), 0.0);
        assert_eq!(LongDouble::from_bits(tiny, ONE | 1).to_f64(), 5e-324);
        assert_eq!(LongDouble::from_bits(tiny - 1, u64::MAX).to_f64(), 0.0);
        // The carry makes a normal number, and infinity.
        assert_eq!(LongDouble::from_bits(BIAS - 1023, u64::MAX).to_f64(), f64::MIN_POSITIVE);
        assert_eq!(LongDouble::from_bits(BIAS + 1023, u64::MAX).to_f64(), f64::INFINITY);
        assert_eq!(LongDouble::from_bits(SIGN | (SPECIAL - 1), ONE).to_f64(), f64::NEG_INFINITY);
        assert!(LongDouble::from_bits(BIAS, 1).to_f64().is_nan());
    }

    #[test]
    fn integers_are_exact() {
        assert_eq!(LongDouble::from(i64::MIN).to_f64(), -(2f64.powi(63)));
        assert_eq!(LongDouble::from(0u64), LongDouble::from(-0.0));
        assert_eq!(LongDouble::from(-3i64), LongDouble::from(-3.0));
        assert_ne!(LongDouble::from(u64::MAX), LongDouble::from(u64::MAX - 1));
        assert_ne!(LongDouble::from(f64::NAN), LongDouble::from(f64::NAN));
    }
}
