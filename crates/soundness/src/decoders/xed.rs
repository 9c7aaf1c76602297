//! Intel's XED, through its C interface.
#![allow(unsafe_code)] // The interface is C. Nothing but the verifier's tests uses it.

use std::{ffi::CStr, mem::MaybeUninit, sync::Once};

use xed_sys::*;

use crate::effects::{Access, Base, Effects, Flow, Index, RSP, Segment, State, Written, displacement};

/// The decoder, with the instruction last decoded.
#[derive(Debug)]
pub struct Xed {
    instruction: xed_decoded_inst_t,
}

/// Extensions whose instructions sandboxed code may use.
const EXTENSIONS: &[xed_extension_enum_t] = &[
    XED_EXTENSION_3DNOW_PREFETCH,
    XED_EXTENSION_ADOX_ADCX,
    XED_EXTENSION_AES,
    XED_EXTENSION_AVX,
    XED_EXTENSION_AVX2,
    XED_EXTENSION_AVX2GATHER,
    XED_EXTENSION_AVX512EVEX,
    XED_EXTENSION_AVX512VEX,
    XED_EXTENSION_AVXAES,
    XED_EXTENSION_AVX_VNNI,
    XED_EXTENSION_BASE,
    XED_EXTENSION_BMI1,
    XED_EXTENSION_BMI2,
    XED_EXTENSION_F16C,
    XED_EXTENSION_FMA,
    XED_EXTENSION_FMA4,
    XED_EXTENSION_GFNI,
    XED_EXTENSION_LONGMODE,
    XED_EXTENSION_LZCNT,
    XED_EXTENSION_MMX,
    XED_EXTENSION_MOVBE,
    XED_EXTENSION_PAUSE,
    XED_EXTENSION_PCLMULQDQ,
    XED_EXTENSION_RDRAND,
    XED_EXTENSION_RDSEED,
    XED_EXTENSION_SHA,
    XED_EXTENSION_SSE,
    XED_EXTENSION_SSE2,
    XED_EXTENSION_SSE3,
    XED_EXTENSION_SSE4,
    XED_EXTENSION_SSSE3,
    XED_EXTENSION_VAES,
    XED_EXTENSION_VPCLMULQDQ,
    XED_EXTENSION_X87,
    XED_EXTENSION_XOP,
];

/// Categories that change or show the system's state.
const SYSTEM: &[xed_category_enum_t] = &[
    XED_CATEGORY_IO,
    XED_CATEGORY_IOSTRINGOP,
    XED_CATEGORY_RDWRFSGS,
    XED_CATEGORY_SEGOP,
    XED_CATEGORY_SYSCALL,
    XED_CATEGORY_SYSRET,
    XED_CATEGORY_SYSTEM,
    XED_CATEGORY_XSAVE,
    XED_CATEGORY_XSAVEOPT,
];

/// Further instructions that do: they have the category of harmless ones.
const SYSTEM_CLASSES: &[xed_iclass_enum_t] =
    &[XED_ICLASS_CLI, XED_ICLASS_STI, XED_ICLASS_POPF, XED_ICLASS_POPFD, XED_ICLASS_POPFQ];

/// Instructions that take a bit offset.
const BIT_STRINGS: &[xed_iclass_enum_t] = &[
    XED_ICLASS_BT,
    XED_ICLASS_BTC,
    XED_ICLASS_BTC_LOCK,
    XED_ICLASS_BTR,
    XED_ICLASS_BTR_LOCK,
    XED_ICLASS_BTS,
    XED_ICLASS_BTS_LOCK,
];

/// What is accepted of these categories and of other extensions.
const EXCEPTIONS: &[xed_iclass_enum_t] = &[XED_ICLASS_ENDBR64, XED_ICLASS_HLT, XED_ICLASS_RDTSC, XED_ICLASS_XGETBV];

impl Default for Xed {
    fn default() -> Self {
        static TABLES: Once = Once::new();
        // SAFETY: builds the library's tables, once.
        TABLES.call_once(|| unsafe { xed_tables_init() });
        let mut instruction = MaybeUninit::uninit();
        // SAFETY: initialises all of the structure.
        unsafe { xed_decoded_inst_zero(instruction.as_mut_ptr()) };
        // SAFETY: initialised by the call before.
        let mut instruction = unsafe { instruction.assume_init() };
        // SAFETY: the structure is initialised.
        unsafe { xed_decoded_inst_set_mode(&raw mut instruction, XED_MACHINE_MODE_LONG_64, XED_ADDRESS_WIDTH_64b) };
        Self { instruction }
    }
}

/// `query!(self, f, args)`: a call of the library about the instruction last decoded.
macro_rules! query {
    ($self:ident, $function:ident $(, $argument:expr)*) => {
        // SAFETY: the structure is initialised and was decoded; indices are below the counts
        // that the library gave for it.
        unsafe { $function(&raw const $self.instruction $(, $argument)*) }
    };
}

impl Xed {
    /// The instruction at the start of `code`, which stands at `address`; none if it is not valid.
    pub fn decode(&mut self, code: &[u8], address: u64) -> Option<Effects> {
        // SAFETY: the structure is initialised.
        unsafe { xed_decoded_inst_zero_keep_mode(&raw mut self.instruction) };
        let length = code.len().min(15) as u32;
        // SAFETY: `code` has this many bytes.
        let error = unsafe { xed_decode(&raw mut self.instruction, code.as_ptr(), length) };
        (error == XED_ERROR_NONE).then(|| self.effects(address))
    }

    /// Name of the instruction last decoded, and a number that stands for it.
    pub fn name(&self) -> (&'static str, u32) {
        let class = query!(self, xed_decoded_inst_get_iclass);
        (text(class), class)
    }

    fn effects(&self, address: u64) -> Effects {
        let length = query!(self, xed_decoded_inst_get_length) as usize;
        let next = address.wrapping_add(length as u64);
        let (mut written, mut state) = (Written::default(), State::default());
        let category = query!(self, xed_decoded_inst_get_category);
        let stack = matches!(category, XED_CATEGORY_PUSH | XED_CATEGORY_POP | XED_CATEGORY_CALL | XED_CATEGORY_RET);
        let mut shows = false; // a register of the system
        let mut memory = [(false, false); 2]; // by number: conditional, suppressed
        let vex = query!(self, xed3_operand_get_vexvalid); // 1 VEX, 2 EVEX
        state.masks |= vex == 2;
        for n in 0..query!(self, xed_decoded_inst_noperands) {
            let table = query!(self, xed_decoded_inst_inst);
            // SAFETY: `table` points into the library's tables, and n is less than the number of operands.
            let operand = unsafe { xed_inst_operand(table, n) };
            // SAFETY: points into the library's tables.
            let name = unsafe { xed_operand_name(operand) };
            let action = query!(self, xed_decoded_inst_operand_action, n);
            // SAFETY: points into the library's tables.
            let suppressed = unsafe { xed_operand_operand_visibility(operand) } == XED_OPVIS_SUPPRESSED;
            if name == XED_OPERAND_MEM0 || name == XED_OPERAND_MEM1 {
                let conditional =
                    matches!(action, XED_OPERAND_ACTION_CR | XED_OPERAND_ACTION_CW | XED_OPERAND_ACTION_CRW);
                memory[usize::from(name == XED_OPERAND_MEM1)] = (conditional, suppressed);
                continue;
            }
            let register = query!(self, xed_decoded_inst_get_reg, name);
            let writes = !matches!(action, XED_OPERAND_ACTION_R | XED_OPERAND_ACTION_CR | XED_OPERAND_ACTION_INVALID);
            match register {
                XED_REG_INVALID => continue,
                // That a push or pop moves %rsp is said by `stack`.
                XED_REG_STACKPUSH | XED_REG_STACKPOP => continue,
                XED_REG_RSP if stack && suppressed => continue,
                XED_REG_MXCSR => state.mxcsr |= is_mxcsr_operand(query!(self, xed_decoded_inst_get_iclass)),
                _ => {}
            }
            // SAFETY: takes any register.
            let class = unsafe { xed_reg_class(register) };
            let system = matches!(class, XED_REG_CLASS_SR | XED_REG_CLASS_CR | XED_REG_CLASS_DR);
            shows |= system && !suppressed && !(XED_OPERAND_SEG0..=XED_OPERAND_SEG1).contains(&name);
            state.x87_control |= writes && register == XED_REG_X87CONTROL;
            state.mmx |= class == XED_REG_CLASS_MMX;
            state.x87 |= class == XED_REG_CLASS_X87;
            state.masks |= class == XED_REG_CLASS_MASK;
            state.upper |= vex != 0 && matches!(class, XED_REG_CLASS_XMM | XED_REG_CLASS_YMM | XED_REG_CLASS_ZMM);
            if !writes {
                continue;
            }
            match class {
                XED_REG_CLASS_GPR => written.general |= 1 << number(register),
                XED_REG_CLASS_XMM
                | XED_REG_CLASS_YMM
                | XED_REG_CLASS_ZMM
                | XED_REG_CLASS_MASK
                | XED_REG_CLASS_MMX
                | XED_REG_CLASS_X87
                | XED_REG_CLASS_FLAGS
                | XED_REG_CLASS_IP
                | XED_REG_CLASS_MXCSR
                | XED_REG_CLASS_PSEUDOX87 => {}
                _ => written.system = true,
            }
        }
        let extension = query!(self, xed_decoded_inst_get_extension);
        let class = query!(self, xed_decoded_inst_get_iclass);
        // `fwait` waits for what others have left.
        state.x87 |= extension == XED_EXTENSION_X87 && class != XED_ICLASS_FWAIT;
        state.direction = class == XED_ICLASS_STD;
        state.x87_whole =
            matches!(class, XED_ICLASS_FLDENV | XED_ICLASS_FNSTENV | XED_ICLASS_FRSTOR | XED_ICLASS_FNSAVE);
        state.x87_control |= state.x87_whole;
        // Their registers are not listed.
        state.upper |= matches!(class, XED_ICLASS_VZEROALL | XED_ICLASS_VZEROUPPER);
        let accesses = (0..query!(self, xed_decoded_inst_number_of_memory_operands))
            .filter_map(|n| self.access(n, memory[n as usize], stack, next))
            .collect();
        Effects {
            length,
            flow: self.flow(next),
            written,
            stack,
            adjusts: self.adjusts(),
            accesses,
            state,
            foreign: if shows { Some("system") } else { self.foreign(extension) },
        }
    }

    fn access(&self, n: u32, (conditional, suppressed): (bool, bool), stack: bool, next: u64) -> Option<Access> {
        let reads = query!(self, xed_decoded_inst_mem_read, n) != 0;
        let writes = query!(self, xed_decoded_inst_mem_written, n) != 0;
        // Hints and nops have an operand, which they do not access.
        let hint = [XED_ATTRIBUTE_PREFETCH, XED_ATTRIBUTE_NOP]
            .into_iter()
            .any(|attribute| query!(self, xed_decoded_inst_get_attribute, attribute) != 0);
        if hint || !reads && !writes {
            return None;
        }
        let base = query!(self, xed_decoded_inst_get_base_reg, n);
        let index = query!(self, xed_decoded_inst_get_index_reg, n);
        let constant = query!(self, xed_decoded_inst_get_memory_displacement, n);
        let relative = matches!(base, XED_REG_RIP | XED_REG_EIP);
        let constant = if relative {
            next.cast_signed().wrapping_add(constant)
        } else if matches!(base, XED_REG_RSP | XED_REG_ESP)
            && !suppressed
            && query!(self, xed_decoded_inst_get_category) == XED_CATEGORY_POP
        {
            constant + 8 // `pop` forms the address after it has moved %rsp.
        } else {
            constant
        };
        let short = query!(self, xed_decoded_inst_get_memop_address_width, n) != 64;
        // SAFETY: takes any register.
        let vector = unsafe { xed_reg_class(index) } != XED_REG_CLASS_GPR;
        let mask = query!(self, xed_decoded_inst_masking) != 0
            || query!(self, xed_decoded_inst_get_attribute, XED_ATTRIBUTE_MASKOP) != 0
            || query!(self, xed_decoded_inst_get_attribute, XED_ATTRIBUTE_GATHER) != 0;
        let repeated = query!(self, xed_decoded_inst_get_attribute, XED_ATTRIBUTE_REP) != 0;
        Some(Access {
            slot: stack && suppressed,
            segment: match query!(self, xed_decoded_inst_get_seg_reg, n) {
                XED_REG_FS => Segment::Fs,
                XED_REG_GS => Segment::Gs,
                _ => Segment::Flat,
            },
            short,
            base: match base {
                _ if relative => Base::Pc,
                XED_REG_INVALID => Base::None,
                XED_REG_STACKPUSH | XED_REG_STACKPOP => Base::Register(RSP),
                register => Base::Register(number(register)),
            },
            index: match index {
                XED_REG_INVALID => None,
                register if vector => Some(Index::Vector(vector_number(register))),
                register => Some(Index::Register(number(register))),
            },
            displacement: displacement(constant, short, relative),
            size: i64::from(query!(self, xed_decoded_inst_get_memory_operand_length, n)),
            reads,
            writes,
            certain: !(conditional || mask || repeated),
        })
    }

    fn flow(&self, next: u64) -> Flow {
        let direct = query!(self, xed_decoded_inst_get_branch_displacement_width) != 0;
        let target = next.wrapping_add_signed(query!(self, xed_decoded_inst_get_branch_displacement));
        match (query!(self, xed_decoded_inst_get_category), direct) {
            (XED_CATEGORY_COND_BR, true) => Flow::Branch(target),
            (XED_CATEGORY_UNCOND_BR, true) => Flow::Jump(target),
            (XED_CATEGORY_CALL, true) => Flow::Call(target),
            (
                XED_CATEGORY_COND_BR
                | XED_CATEGORY_UNCOND_BR
                | XED_CATEGORY_CALL
                | XED_CATEGORY_RET
                | XED_CATEGORY_INTERRUPT
                | XED_CATEGORY_SYSCALL
                | XED_CATEGORY_SYSRET,
                _,
            ) if query!(self, xed_decoded_inst_get_iclass) != XED_ICLASS_INT3 => Flow::Other,
            _ => match query!(self, xed_decoded_inst_get_iclass) {
                XED_ICLASS_INT3 | XED_ICLASS_UD2 | XED_ICLASS_HLT => Flow::Trap,
                _ => Flow::Next,
            },
        }
    }

    fn adjusts(&self) -> Option<i64> {
        if query!(self, xed_decoded_inst_get_reg, XED_OPERAND_REG0) != XED_REG_RSP {
            return None;
        }
        let immediate = i64::from(query!(self, xed_decoded_inst_get_signed_immediate));
        let constant = query!(self, xed_decoded_inst_get_immediate_width) != 0;
        match query!(self, xed_decoded_inst_get_iclass) {
            XED_ICLASS_ADD if constant => Some(immediate),
            XED_ICLASS_SUB if constant => Some(-immediate),
            XED_ICLASS_LEA
                if query!(self, xed_decoded_inst_get_base_reg, 0) == XED_REG_RSP
                    && query!(self, xed_decoded_inst_get_index_reg, 0) == XED_REG_INVALID
                    && query!(self, xed_decoded_inst_get_memop_address_width, 0) == 64 =>
            {
                Some(query!(self, xed_decoded_inst_get_memory_displacement, 0))
            }
            _ => None,
        }
    }

    fn foreign(&self, extension: xed_extension_enum_t) -> Option<&'static str> {
        let class = query!(self, xed_decoded_inst_get_iclass);
        if EXCEPTIONS.contains(&class) {
            return None;
        }
        if !EXTENSIONS.contains(&extension) {
            return Some("instruction set");
        }
        if query!(self, xed_decoded_inst_get_attribute, XED_ATTRIBUTE_RING0) != 0 {
            return Some("privileged");
        }
        let category = query!(self, xed_decoded_inst_get_category);
        // The bit offset reaches far beyond the operand.
        if BIT_STRINGS.contains(&class)
            && query!(self, xed_decoded_inst_number_of_memory_operands) > 0
            && query!(self, xed_decoded_inst_get_immediate_width) == 0
        {
            return Some("bit string");
        }
        (SYSTEM.contains(&category) || SYSTEM_CLASSES.contains(&class)).then_some("system")
    }
}

/// The name of an instruction class.
fn text(class: xed_iclass_enum_t) -> &'static str {
    // SAFETY: takes any value.
    let text = unsafe { xed_iclass_enum_t2str(class) };
    // SAFETY: a string in the library's tables.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().unwrap_or("?")
}

/// Instructions that load or store MXCSR, not those that only depend on it.
fn is_mxcsr_operand(class: xed_iclass_enum_t) -> bool {
    matches!(class, XED_ICLASS_LDMXCSR | XED_ICLASS_STMXCSR | XED_ICLASS_VLDMXCSR | XED_ICLASS_VSTMXCSR)
}

/// Number of a general register of any width.
fn number(register: xed_reg_enum_t) -> u8 {
    // SAFETY: takes any register.
    let full = unsafe { xed_get_largest_enclosing_register(register) };
    // The order is that of the encoding.
    full.wrapping_sub(XED_REG_RAX) as u8
}

/// Number of a vector register.
fn vector_number(register: xed_reg_enum_t) -> u8 {
    // SAFETY: takes any register.
    let full = unsafe { xed_get_largest_enclosing_register(register) };
    full.wrapping_sub(XED_REG_ZMM0) as u8
}
