//! From a stack to return addresses.

use super::Snapshot;
use gimli::{BaseAddresses, CfaRule, EhFrame, EndianSlice, LittleEndian, RegisterRule, UnwindContext, UnwindSection};
use lfi_abi::{
    layout::{ENTRY_PAGE, ENTRY_SIZE, MODULE_OFFSET},
    x64::{BUNDLE, SCRATCH_ZONE},
};
use object::{Object, ObjectSection, ObjectSegment, SegmentFlags, elf};

type Reader<'file> = EndianSlice<'file, LittleEndian>;

/// Calls that are followed at most.
const MOST: usize = 100;
/// How many words above the stack pointer a return address is looked for.
const LOOKED_AT: u64 = 256;

/// DWARF numbers of registers (psABI, 3.6.2).
const RSP: usize = 7;
const RETURN_ADDRESS: usize = 16;

/// A call.
#[derive(Clone, Copy)]
pub(super) struct Call {
    /// Virtual address of the instruction, or of that behind the call.
    pub(super) address: u64,
    pub(super) guessed: bool,
    /// It has called the host.
    pub(super) calls_host: bool,
}

/// What a module says about how its functions use the stack.
pub(super) struct Tables<'file> {
    eh_frame: EhFrame<Reader<'file>>,
    bases: BaseAddresses,
    /// Executable parts: virtual address and contents.
    code: Vec<(u64, &'file [u8])>,
}

/// The registers of a caller, and the stack that is left.
struct State<'a> {
    registers: [u64; 17],
    snapshot: &'a Snapshot,
}

impl State<'_> {
    /// The word of the stack at an address.
    fn word(&self, address: u64) -> Option<u64> {
        let offset = usize::try_from(address.checked_sub(self.snapshot.registers.rsp)?).ok()?;
        let bytes = self.snapshot.stack.get(offset..)?.first_chunk()?;
        Some(u64::from_le_bytes(*bytes))
    }

    /// Where it is, as a virtual address of the module.
    fn address(&self) -> u64 {
        self.registers[RETURN_ADDRESS].wrapping_sub(self.snapshot.start)
    }

    /// Goes back to a caller whose return address stands at `place`.
    fn return_from(&mut self, place: u64) -> Option<()> {
        self.registers[RETURN_ADDRESS] = self.word(place)?;
        self.registers[RSP] = place.wrapping_add(8);
        Some(())
    }
}

impl<'file> Tables<'file> {
    pub(super) fn new(file: &object::File<'file>) -> Self {
        let section = |name| file.section_by_name(name);
        let eh_frame = section(".eh_frame");
        let data = eh_frame.as_ref().and_then(|section| section.data().ok()).unwrap_or_default();
        let address_of = |name| section(name).map_or(0, |section| section.address());
        let bases = BaseAddresses::default()
            .set_eh_frame(eh_frame.map_or(0, |section| section.address()))
            .set_text(address_of(".text"))
            .set_got(address_of(".got"));
        let executable =
            |flags| matches!(flags, SegmentFlags::Elf { p_flags, .. } if p_flags & elf::PF_X != elf::ProgramFlags(0));
        let code = file.segments().filter(|segment| executable(segment.flags()));
        let code = code.filter_map(|segment| Some((segment.address(), segment.data().ok()?)));
        Self { eh_frame: EhFrame::new(data, LittleEndian), bases, code: code.collect() }
    }

    /// The calls that led to `snapshot`, the innermost first.
    pub(super) fn unwind(&self, snapshot: &Snapshot) -> Vec<Call> {
        let r = &snapshot.registers;
        #[rustfmt::skip]
        let registers = [
            r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp,
            r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip,
        ];
        let mut state = State { registers, snapshot };
        let mut context = UnwindContext::new();
        let mut calls = vec![Call { address: state.address(), guessed: false, calls_host: false }];
        let mut callbacks = snapshot.callbacks;
        while calls.len() < MOST {
            // A return address may be the first of another function.
            let inside = state.address().wrapping_sub(u64::from(calls.len() > 1));
            let before = state.registers[RSP];
            let guessed = match self.by_table(inside, &mut state, &mut context) {
                Some(true) => false,
                // Behind a callback there are only stack pointer and return address to go by.
                Some(false) if callbacks == snapshot.callbacks => break,
                Some(false) if self.guess(inside, &mut state).is_some() => true,
                Some(false) => break,
                None if self.guess(inside, &mut state).is_some() => true,
                None => break,
            };
            // Going round in circles.
            if state.registers[RSP] <= before {
                break;
            }
            // Back at the host's call, which a callback may have made.
            let calls_host = !self.is_after_call(state.address());
            if calls_host {
                if callbacks == 0 || self.go_behind_callback(&mut state).is_none() {
                    break;
                }
                callbacks -= 1;
            }
            calls.push(Call { address: state.address(), guessed, calls_host });
        }
        calls
    }

    /// From the first function of a call that a callback has made to the function that has called the host: the call
    /// began below the scratch zone of its stack pointer, which is where it was after a call, with arguments in between.
    fn go_behind_callback(&self, state: &mut State<'_>) -> Option<()> {
        const ALIGNMENT: u64 = 16;
        const RETURN_ADDRESS_SIZE: u64 = 8;
        let lowest = state.registers[RSP].wrapping_add(SCRATCH_ZONE + ALIGNMENT - RETURN_ADDRESS_SIZE);
        let mut places = (0..LOOKED_AT / 2).map(|index| lowest.wrapping_add(ALIGNMENT * index));
        let is_return = |word: u64| self.is_after_call(word.wrapping_sub(state.snapshot.start));
        let place = places.find(|place| state.word(*place).is_some_and(is_return))?;
        state.registers = [0; 17];
        state.return_from(place)
    }

    /// One step by the table of the function around `address`: none without a
    /// table, false when that leads nowhere.
    fn by_table(&self, address: u64, state: &mut State<'_>, context: &mut UnwindContext<usize>) -> Option<bool> {
        let find = EhFrame::cie_from_offset;
        let row = self.eh_frame.unwind_info_for_address(&self.bases, context, address, find).ok()?;
        // Expressions are for what compilers do not emit here.
        let CfaRule::RegisterAndOffset { register, offset } = *row.cfa() else { return Some(false) };
        let Some(base) = state.registers.get(usize::from(register.0)) else { return Some(false) };
        let frame = base.wrapping_add_signed(offset);
        let mut registers = state.registers;
        registers[RSP] = frame;
        for (register, rule) in row.registers() {
            let value = match *rule {
                RegisterRule::SameValue => continue,
                RegisterRule::Offset(offset) => state.word(frame.wrapping_add_signed(offset)),
                RegisterRule::ValOffset(offset) => Some(frame.wrapping_add_signed(offset)),
                RegisterRule::Register(other) => state.registers.get(usize::from(other.0)).copied(),
                _ => None,
            };
            match (registers.get_mut(usize::from(register.0)), value) {
                (Some(register), Some(value)) => *register = value,
                _ => return Some(false),
            }
        }
        state.registers = registers;
        Some(true)
    }

    /// One step without a table.
    fn guess(&self, address: u64, state: &mut State<'_>) -> Option<()> {
        let stack_pointer = state.registers[RSP];
        // A call that went astray has done nothing yet.
        let places = if self.bytes_before(address.wrapping_add(1)).is_some() { LOOKED_AT } else { 1 };
        let mut places = (0..places).map(|index| stack_pointer.wrapping_add(8 * index));
        let place = places.find(|place| {
            let word = state.word(*place).map(|word| word.wrapping_sub(state.snapshot.start));
            // Not beyond the call from the host.
            word.is_some_and(|address| self.is_after_call(address) || is_entry(address))
        });
        state.return_from(place?)
    }

    /// Whether a call could return to this virtual address.
    fn is_after_call(&self, address: u64) -> bool {
        let is_call = |code: &[u8]| {
            // callq rel32; callq *%rX, with a REX prefix or without
            let call = matches!(code, [.., 0xe8, _, _, _, _] | [.., 0xff, 0xd0..=0xd7]);
            call || pushes_its_end(&code[code.len().saturating_sub(LONGEST_CALL)..])
        };
        address.is_multiple_of(BUNDLE) && self.bytes_before(address).is_some_and(is_call)
    }

    /// The code before a virtual address.
    fn bytes_before(&self, address: u64) -> Option<&'file [u8]> {
        self.code.iter().find_map(|(start, code)| {
            let length = usize::try_from(address.checked_sub(*start)?).ok()?;
            code.get(..length).filter(|before| !before.is_empty())
        })
    }
}

/// Whether this virtual address is of the code by which the host calls functions.
fn is_entry(address: u64) -> bool {
    address.wrapping_add(MODULE_OFFSET).wrapping_sub(ENTRY_PAGE) < ENTRY_SIZE
}

/// Bytes of a call that is no call instruction, with the padding in it.
const LONGEST_CALL: usize = 64;

/// Whether there is an instruction that loads the address of the end of `code`,
/// which is then pushed: how code calls whose returns are masked jumps.
fn pushes_its_end(code: &[u8]) -> bool {
    // leaq rel32(%rip), %r11
    code.windows(7).enumerate().any(|(index, bytes)| {
        let [0x4c, 0x8d, 0x1d, distance @ ..] = bytes else { return false };
        let rest = code.len() - index - bytes.len();
        distance == (rest as u32).to_le_bytes()
    })
}
