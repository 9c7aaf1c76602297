//! Parses operands in AT&T syntax.

use super::{
    program::{Form, Operand},
    register::{NONE, Register, Set},
};
use crate::{directive::arguments, error::Reason};

/// No instruction has more.
const MAX_OPERANDS: usize = 5;

/// Parses the operands of an instruction and returns how many there are.
pub(crate) fn parse_all<'a>(text: &'a str, operands: &mut Vec<Operand<'a>>) -> Result<usize, Reason> {
    let first = operands.len();
    for operand in arguments(text) {
        operands.push(parse(operand)?);
        if operands.len() - first > MAX_OPERANDS {
            return Err(Reason::Operand);
        }
    }
    Ok(operands.len() - first)
}

fn parse(text: &str) -> Result<Operand<'_>, Reason> {
    let (bare, decoration) = split_decoration(text)?;
    let (indirect, mut rest) = match bare.strip_prefix('*') {
        Some(rest) => (true, rest.trim_ascii_start()),
        None => (false, bare),
    };
    let mut operand = Operand {
        form: Form::Expression,
        indirect,
        scale: 1,
        segment: NONE,
        base: NONE,
        index: NONE,
        expression: "",
        decoration,
        text,
    };
    if bare.is_empty() && is_rounding(decoration) {
        operand.form = Form::Rounding;
        return Ok(operand);
    }
    if let Some(expression) = rest.strip_prefix('$') {
        operand.form = Form::Immediate;
        operand.expression = expression.trim_ascii_start();
        return if operand.expression.is_empty() { Err(Reason::Operand) } else { Ok(operand) };
    }
    if rest.starts_with('%') {
        let (register, after) = leading_register(rest)?;
        match after.strip_prefix(':') {
            Some(address) if register.set == Set::Segment => {
                operand.segment = register;
                rest = address.trim_ascii_start();
            }
            Some(_) => return Err(Reason::Operand),
            None => {
                operand.form = Form::Register;
                operand.base = register;
                return match register.set {
                    Set::Segment | Set::Other | Set::Rip | Set::Zero => Err(Reason::Register),
                    Set::X87 if is_stack_position(after) => Ok(operand),
                    _ if after.is_empty() => Ok(operand),
                    _ => Err(Reason::Operand),
                };
            }
        }
    }
    let (expression, address) = split_address(rest);
    operand.expression = expression;
    if let Some(address) = address {
        operand.form = Form::Address;
        parse_address(address, &mut operand)?;
    } else if expression.is_empty() {
        return Err(Reason::Operand);
    }
    Ok(operand)
}

/// Splits off what EVEX puts behind an operand: a mask, the wish to set to zero what
/// it leaves out, and how often a value in memory is repeated.
fn split_decoration(text: &str) -> Result<(&str, &str), Reason> {
    let Some(start) = text.find('{') else { return Ok((text, "")) };
    let (bare, decoration) = (text[..start].trim_ascii_end(), &text[start..]);
    let mut rest = decoration;
    while !rest.is_empty() {
        let (part, after) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).ok_or(Reason::Operand)?;
        let known = match part.trim_ascii() {
            "z" | "1to2" | "1to4" | "1to8" | "1to16" | "1to32" => true,
            mask if mask.starts_with('%') => {
                matches!(leading_register(mask)?, (Register { set: Set::Mask, number: 1.. }, ""))
            }
            _ => bare.is_empty() && is_rounding(decoration),
        };
        if !known {
            return Err(Reason::Operand);
        }
        rest = after.trim_ascii_start();
    }
    Ok((bare, decoration))
}

/// Whether this is an operand that says how to round, or only that no exception is to be raised.
fn is_rounding(text: &str) -> bool {
    matches!(text, "{rn-sae}" | "{rd-sae}" | "{ru-sae}" | "{rz-sae}" | "{sae}")
}

/// A register at the start of the text, and what follows it.
fn leading_register(text: &str) -> Result<(Register, &str), Reason> {
    let name = text.strip_prefix('%').ok_or(Reason::Operand)?.trim_ascii_start();
    let end = name.bytes().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(name.len());
    let register = Register::parse(&name[..end]).ok_or(Reason::Operand)?;
    Ok((register, name[end..].trim_ascii_start()))
}

/// What may follow `%st`: nothing, or `(0)` to `(7)`.
fn is_stack_position(text: &str) -> bool {
    text.is_empty() || matches!(text.as_bytes(), [b'(', b'0'..=b'7', b')'])
}

/// Splits `expression(base, index, scale)` before the parenthesis, which is
/// one that holds registers.
fn split_address(text: &str) -> (&str, Option<&str>) {
    if let Some(inner) = text.strip_suffix(')')
        && let Some(open) = inner.rfind('(')
        && inner[open + 1..].trim_ascii_start().starts_with(['%', ','])
    {
        return (text[..open].trim_ascii_end(), Some(&inner[open + 1..]));
    }
    (text, None)
}

fn parse_address(text: &str, operand: &mut Operand) -> Result<(), Reason> {
    let register = |text: &str| match leading_register(text)? {
        (register, "") => Ok(register),
        _ => Err(Reason::Operand),
    };
    let mut parts = text.split(',').map(str::trim_ascii);
    let base = parts.next().unwrap_or_default();
    if !base.is_empty() {
        operand.base = register(base)?;
    }
    match operand.base.set {
        Set::None | Set::Gpr32 | Set::Gpr64 | Set::Rip => {}
        Set::Other | Set::Segment => return Err(Reason::Register),
        _ => return Err(Reason::Operand),
    }
    if let Some(index) = parts.next().filter(|index| !index.is_empty()) {
        operand.index = register(index)?;
        match operand.index.set {
            Set::Gpr32 | Set::Gpr64 if operand.index.number == super::register::RSP => return Err(Reason::Operand),
            Set::Gpr32 | Set::Gpr64 | Set::Zero | Set::Xmm | Set::Ymm | Set::Zmm => {}
            Set::Other | Set::Segment => return Err(Reason::Register),
            _ => return Err(Reason::Operand),
        }
    }
    if let Some(scale) = parts.next() {
        operand.scale = match scale {
            "" | "1" => 1,
            "2" => 2,
            "4" => 4,
            "8" => 8,
            _ => return Err(Reason::Operand),
        };
    }
    let rip = operand.base.set == Set::Rip;
    if parts.next().is_some() || rip && operand.index != NONE {
        return Err(Reason::Operand);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x64::register::RSP;

    #[test]
    fn forms() {
        let o = parse("-8(%rsp)").unwrap();
        assert_eq!((o.form, o.expression), (Form::Address, "-8"));
        assert!(o.base.is(Set::Gpr64, RSP));
        let o = parse("(-1-2)(%rdi,%rdx)").unwrap();
        assert_eq!((o.form, o.expression, o.index.number, o.scale), (Form::Address, "(-1-2)", 2, 1));
        let o = parse("*.L4(,%rax,8)").unwrap();
        assert_eq!((o.indirect, o.base, o.index.number, o.scale), (true, NONE, 0, 8));
        let o = parse("%fs:x@TPOFF").unwrap();
        assert_eq!((o.form, o.segment.number, o.expression), (Form::Expression, 4, "x@TPOFF"));
        let o = parse("$(1+2)").unwrap();
        assert_eq!((o.form, o.expression), (Form::Immediate, "(1+2)"));
        assert_eq!(parse("%st(3)").unwrap().form, Form::Register);
        let o = parse("8(%rsp) {%k1} {z}").unwrap();
        assert!(o.is_masked() && o.base.is(Set::Gpr64, RSP));
        let o = parse("(%rax){1to16}").unwrap();
        assert_eq!((o.form, o.is_masked(), o.decoration), (Form::Address, false, "{1to16}"));
        assert_eq!(parse("{rz-sae}").unwrap().form, Form::Rounding);
        assert_eq!(parse("(8)").unwrap().form, Form::Expression);
        for bad in
            ["", "$", "%", "%foo", "(%rax,%rsp)", "(%rax,%rcx,3)", "(%ax)", "%rax(%rax)", "%st(8)", "%eax:4", "{z}"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
        for bad in ["%xmm0{%k0}", "%xmm0{%k1", "%xmm0{k1}", "%xmm0{1to3}", "%xmm0{%eax}", "{rn-sae}{z}", "%xmm0{sae}"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        for bad in ["%fs", "%cr0", "%tmm0", "(%r16)"] {
            assert_eq!(parse(bad).unwrap_err(), Reason::Register, "{bad}");
        }
    }
}
