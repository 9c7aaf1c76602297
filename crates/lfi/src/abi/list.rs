//! The arguments of one call, each where it belongs.

use super::{Data, composite::eightbytes, layout::Part};
use lfi_runtime::CallArguments;

/// Each argument on the stack takes a multiple of this.
pub(super) const STACK_UNIT: usize = 8;
/// Room that is allocated at first.
const USUAL_STACK: usize = 128;

/// The arguments of one call, each where it belongs.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct ArgumentList {
    registers: CallArguments,
    integers_used: usize,
    stack: Stack,
}

/// What does not fit in registers, as the function finds it above its return address. By
/// itself: nobody has the address of the rest, which so stays in registers here, too.
#[derive(Debug, Default)]
struct Stack(Vec<u8>);

impl Stack {
    fn push(&mut self, value: u64) {
        let place = self.grow(STACK_UNIT, STACK_UNIT);
        self.0[place..].copy_from_slice(&value.to_le_bytes());
    }

    /// Room, zero.
    fn grow(&mut self, size: usize, align: usize) -> usize {
        if self.0.capacity() == 0 {
            self.0.reserve(USUAL_STACK);
        }
        let place = self.0.len().next_multiple_of(align.max(STACK_UNIT));
        self.0.resize((place + size).next_multiple_of(STACK_UNIT), 0);
        place
    }
}

impl ArgumentList {
    #[inline]
    pub(super) fn integer(&mut self, value: u64) {
        match self.registers.integers.get_mut(self.integers_used) {
            Some(register) => {
                *register = value;
                self.integers_used += 1;
            }
            None => self.stack.push(value),
        }
    }

    #[inline]
    pub(super) fn float(&mut self, bits: u64) {
        match self.registers.vectors.get_mut(self.registers.vectors_used) {
            Some(register) => {
                *register = bits;
                self.registers.vectors_used += 1;
            }
            None => self.stack.push(bits),
        }
    }

    /// All in registers, or all on the stack.
    #[inline]
    pub(super) fn composite<T: Data>(&mut self, value: T) {
        let integers = self.registers.integers.len() - self.integers_used;
        let floats = self.registers.vectors.len() - self.registers.vectors_used;
        if let Some(parts) = const { T::LAYOUT.passing() }.registers(integers, floats) {
            for (part, eightbyte) in parts.into_iter().zip(eightbytes(value)) {
                match part {
                    Some(Part::Integer) => self.integer(eightbyte),
                    Some(Part::Float) => self.float(eightbyte),
                    None => {}
                }
            }
        } else {
            let place = self.stack.grow(T::LAYOUT.size(), T::LAYOUT.align());
            value.store(&mut self.stack.0[place..]);
        }
    }

    /// Makes the first argument the address of the result, not known yet.
    pub(crate) fn begin_with_result(&mut self) {
        self.integer(0);
    }

    /// Room for the result behind the arguments on the stack; gives its offset there.
    pub(crate) fn end_with_result(&mut self, size: usize) -> u64 {
        const LARGEST_ALIGNMENT: usize = 16;
        self.stack.grow(size, LARGEST_ALIGNMENT) as u64
    }

    /// Says where the result will be.
    pub(crate) fn set_result_address(&mut self, address: u64) {
        self.registers.integers[0] = address;
    }

    #[inline]
    pub(crate) fn registers(&self) -> &CallArguments {
        &self.registers
    }

    #[inline]
    pub(crate) fn stack(&self) -> &[u8] {
        &self.stack.0
    }
}
