//! C's `_Float16`.

use std::fmt;

/// C's `_Float16`: IEEE 754's binary16. It is no argument of variadic functions.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let file = lfi_filetest::library("_Float16 half(_Float16 x) { return x / 2; }");
/// # let engine = lfi::Engine::new(&lfi::Config::default())?;
/// # let mut sandbox = lfi::Sandbox::new(&engine, &lfi::Module::open(file)?)?;
/// use lfi::Float16;
/// let half = sandbox.func::<(Float16,), Float16>("half")?;
/// assert_eq!(half.call(&mut sandbox, (Float16::from(1.5),))?.to_f32(), 0.75);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct Float16(u16);

/// What exponents of the format are too large by, and that of infinities and what is not a number.
const BIAS: i32 = 15;
const SPECIAL: i32 = 31;
const FRACTION_BITS: u32 = 10;
const INFINITY: u16 = 0x7c00;
const QUIET: u16 = 0x200;

/// The same of `f32`.
mod single {
    pub(super) const BIAS: i32 = 127;
    pub(super) const SPECIAL: i32 = 255;
    pub(super) const FRACTION_BITS: u32 = 23;
    pub(super) const ONE: u32 = 1 << FRACTION_BITS;
    pub(super) const FRACTION: u32 = ONE - 1;
}

/// Bits of a fraction of `f32` that the format has no place for.
const SURPLUS: u32 = single::FRACTION_BITS - FRACTION_BITS;

impl Float16 {
    /// The number with these bits.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Its bits.
    pub const fn to_bits(self) -> u16 {
        self.0
    }

    pub(super) const fn to_le_bytes(self) -> [u8; 2] {
        self.0.to_le_bytes()
    }

    pub(super) const fn from_le_bytes(bytes: [u8; 2]) -> Self {
        Self(u16::from_le_bytes(bytes))
    }

    /// The same number.
    pub fn to_f32(self) -> f32 {
        let sign = u32::from(self.0 & 0x8000) << 16;
        let exponent = i32::from(self.0 & INFINITY) >> FRACTION_BITS;
        let fraction = u32::from(self.0) << SURPLUS & single::FRACTION;
        let magnitude = match exponent {
            // Less than 1 before the point: what is added there goes again.
            0 => (least_normal(fraction) - least_normal(0)).to_bits(),
            SPECIAL => (single::SPECIAL as u32) << single::FRACTION_BITS | fraction,
            _ => ((exponent + single::BIAS - BIAS) as u32) << single::FRACTION_BITS | fraction,
        };
        f32::from_bits(sign | magnitude)
    }
}

/// A `f32` with the exponent of the format's smallest numbers.
fn least_normal(fraction: u32) -> f32 {
    f32::from_bits(((single::BIAS - BIAS + 1) as u32) << single::FRACTION_BITS | fraction)
}

impl From<f32> for Float16 {
    /// The nearest one, the even one of two that are equally near.
    fn from(number: f32) -> Self {
        let bits = number.to_bits();
        let sign = (bits >> 16) as u16 & 0x8000;
        let fraction = bits & single::FRACTION;
        let exponent = (bits >> single::FRACTION_BITS & 0xff) as i32;
        if exponent == single::SPECIAL {
            let quiet = if fraction == 0 { 0 } else { QUIET };
            return Self(sign | INFINITY | quiet | (fraction >> SURPLUS) as u16);
        }
        let exponent = exponent - single::BIAS + BIAS;
        if exponent >= SPECIAL {
            return Self(sign | INFINITY);
        }
        let (exact, surplus) = match exponent {
            // Smaller than the smallest ones shows nothing at all.
            ..=0 => (fraction | single::ONE, (SURPLUS as i32 + 1 - exponent).min(30) as u32),
            _ => ((exponent as u32) << single::FRACTION_BITS | fraction, SURPLUS),
        };
        let (whole, rest, middle) = (exact >> surplus, exact & ((1 << surplus) - 1), 1 << (surplus - 1));
        let up = rest > middle || rest == middle && whole & 1 == 1;
        // A carry goes into the exponent, and further to infinity.
        Self(sign | (whole + u32::from(up)) as u16)
    }
}

impl PartialEq for Float16 {
    fn eq(&self, other: &Self) -> bool {
        self.to_f32() == other.to_f32()
    }
}

impl fmt::Debug for Float16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_f32().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back() {
        for bits in 0..=u16::MAX {
            let number = Float16::from_bits(bits).to_f32();
            let again = Float16::from(number);
            assert!(again.to_bits() == bits || number.is_nan() && again.to_f32().is_nan(), "{bits:#x}: {number}");
        }
        for (bits, number) in
            [(1, 2f32.powi(-24)), (0x3c00, 1.0), (0xc100, -2.5), (0x7bff, 65504.0), (0x3ff, 1023.0 * 2f32.powi(-24))]
        {
            assert_eq!(Float16::from_bits(bits).to_f32(), number);
        }
        assert!(Float16::from_bits(0x7c01).to_f32().is_nan());
        assert_eq!(Float16::from_bits(0xfc00).to_f32(), f32::NEG_INFINITY);
    }

    #[test]
    fn the_nearest_number_is_taken() {
        for bits in 0..INFINITY {
            let (low, high) = (Float16::from_bits(bits).to_f32(), Float16::from_bits(bits + 1).to_f32());
            // As if there were no infinity.
            let high = if high.is_infinite() { 65536.0 } else { high };
            let middle = (low + high) / 2.0;
            let even = bits + (bits & 1);
            assert_eq!(Float16::from(middle).to_bits(), even, "{middle}");
            assert_eq!(Float16::from(-middle).to_bits(), even | 0x8000, "-{middle}");
            assert_eq!(Float16::from(middle.next_down()).to_bits(), bits, "below {middle}");
            assert_eq!(Float16::from(middle.next_up()).to_bits(), bits + 1, "above {middle}");
        }
        assert_eq!(Float16::from(1e-20).to_bits(), 0);
        assert_eq!(Float16::from(1e20).to_bits(), INFINITY);
    }
}
