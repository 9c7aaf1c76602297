//! The directives of the GNU assembler that compilers and libraries use.

/// What a directive means to the rewriter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Nothing: copied.
    Neutral,
    /// `.loc`: copied, without gcc's view numbers.
    Loc,
    /// `.globl`, `.weak`: the arguments are visible elsewhere.
    Global,
    /// `.type`.
    Type,
    /// `.set`, `.equ`.
    Set,
    /// `.size`, whose value is a distance.
    Size,
    /// Changes the section.
    Section(Change),
    /// Integers, which may name labels.
    Data,
    /// Integers of variable length, which may name labels.
    Leb,
    /// Contents that name no label.
    Raw,
    /// `.p2align` and friends: the first argument is a power of two, or not.
    Align { power: bool },
    /// Unwind information of another sort: copied.
    Unwind,
    /// Unwind information that says where the canonical frame address is.
    Cfi(Cfi),
    /// Macros and conditional assembly.
    Macro,
    /// Known, and of no use here; the text says why.
    Refused(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Text,
    Data,
    Bss,
    To,
    Push,
    Pop,
    Previous,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cfi {
    Start,
    End,
    Register,
    Remember,
    Restore,
}

/// The class of a directive, by its name with the dot.
pub(crate) fn class(name: &str) -> Option<Class> {
    Some(match name {
        ".loc" => Class::Loc,
        ".size" => Class::Size,
        ".file" | ".ident" | ".local" | ".hidden" | ".protected" | ".internal" | ".symver" | ".comm" | ".lcomm"
        | ".addrsig" | ".addrsig_sym" | ".att_syntax" | ".code64" | ".weakref" | ".version" | ".line"
        | ".cfi_sections" => Class::Neutral,
        ".cfi_personality"
        | ".cfi_lsda"
        | ".cfi_offset"
        | ".cfi_rel_offset"
        | ".cfi_def_cfa_offset"
        | ".cfi_adjust_cfa_offset"
        | ".cfi_restore"
        | ".cfi_undefined"
        | ".cfi_same_value"
        | ".cfi_register"
        | ".cfi_escape"
        | ".cfi_signal_frame"
        | ".cfi_return_column"
        | ".cfi_window_save"
        | ".cfi_val_offset"
        | ".cfi_val_encoded_addr"
        | ".cfi_b_key_frame" => Class::Unwind,
        ".cfi_startproc" => Class::Cfi(Cfi::Start),
        ".cfi_endproc" => Class::Cfi(Cfi::End),
        ".cfi_def_cfa" | ".cfi_def_cfa_register" => Class::Cfi(Cfi::Register),
        ".cfi_remember_state" => Class::Cfi(Cfi::Remember),
        ".cfi_restore_state" => Class::Cfi(Cfi::Restore),
        ".globl" | ".global" | ".weak" => Class::Global,
        ".type" => Class::Type,
        ".set" | ".equ" | ".equiv" => Class::Set,
        ".text" => Class::Section(Change::Text),
        ".data" => Class::Section(Change::Data),
        ".bss" => Class::Section(Change::Bss),
        ".section" => Class::Section(Change::To),
        ".pushsection" => Class::Section(Change::Push),
        ".popsection" => Class::Section(Change::Pop),
        ".previous" => Class::Section(Change::Previous),
        ".byte" | ".short" | ".value" | ".hword" | ".word" | ".long" | ".int" | ".quad" | ".octa" | ".2byte"
        | ".4byte" | ".8byte" => Class::Data,
        ".uleb128" | ".sleb128" => Class::Leb,
        ".ascii" | ".asciz" | ".string" | ".zero" | ".skip" | ".space" | ".fill" | ".float" | ".single" | ".double"
        | ".tfloat" | ".incbin" | ".string8" => Class::Raw,
        ".p2align" => Class::Align { power: true },
        ".align" | ".balign" => Class::Align { power: false },
        ".macro" | ".endm" | ".endmacro" | ".exitm" | ".purgem" | ".rept" | ".rep" | ".endr" | ".irp" | ".irpc"
        | ".if" | ".ifdef" | ".ifndef" | ".ifnotdef" | ".ifb" | ".ifnb" | ".ifc" | ".ifnc" | ".ifeq" | ".ifne"
        | ".ifge" | ".ifgt" | ".ifle" | ".iflt" | ".ifeqs" | ".ifnes" | ".else" | ".elseif" | ".endif" | ".include"
        | ".altmacro" | ".noaltmacro" => Class::Macro,
        ".code32" | ".code16" | ".code16gcc" => Class::Refused("only 64-bit code can be sandboxed"),
        ".intel_syntax" => Class::Refused("Intel syntax is not supported; write AT&T syntax"),
        ".bundle_align_mode" | ".bundle_lock" | ".bundle_unlock" => {
            Class::Refused("this file has been rewritten already, or lays out bundles by itself")
        }
        ".subsection" => Class::Refused("subsections are not supported"),
        ".org" => Class::Refused("rewriting changes distances, so that code cannot be placed by hand"),
        _ => return None,
    })
}

/// Splits arguments at commas outside of quotes and parentheses.
pub(crate) fn arguments(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text.trim_ascii()).filter(|t| !t.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let end = argument_length(text);
        rest = text.get(end + 1..);
        Some(text[..end].trim_ascii())
    })
}

fn argument_length(text: &str) -> usize {
    let mut depth = 0_u32;
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if escaped {
            escaped = false;
            continue;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// A name without the quotes it may stand in.
pub(crate) fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_arguments() {
        let split = |text| arguments(text).collect::<Vec<_>>();
        assert_eq!(split(" .text.f , \"a,x\",@progbits"), [".text.f", "\"a,x\"", "@progbits"]);
        assert_eq!(split("f(a,b), \"\\\",\""), ["f(a,b)", "\"\\\",\""]);
        assert_eq!(split("4,,15"), ["4", "", "15"]);
        assert_eq!(split("  "), [""; 0]);
    }
}
