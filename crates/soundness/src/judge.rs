//! Whether what an instruction does keeps the verifier's invariant (at the head
//! of `crates/verifier/src/x64.rs`). Written from the specification, for effects as decoders
//! tell them; nothing here looks at encodings.

use lfi_abi::{Kind, layout::SLOT_SIZE, x64::DRIFT};

use crate::effects::{Access, Base, Effects, Flow, RSP, Segment};

/// How many bytes a push or pop reaches around `%rsp`.
const SLOT: i64 = 16;

/// What is wrong with an instruction outside units, if anything is.
pub fn judge(effects: &Effects, kind: Kind) -> Result<(), &'static str> {
    if let Some(why) = effects.foreign {
        return Err(why);
    }
    if effects.flow == Flow::Other {
        return Err("control goes anywhere");
    }
    if effects.written.system {
        return Err("writes a register of the system");
    }
    if effects.accesses.iter().any(|access| access.segment == Segment::Fs) {
        return Err("uses %fs");
    }
    if kind == Kind::Jumps {
        return Ok(());
    }
    if effects.written.stack_pointer() && !effects.adjusts.is_some_and(|i| (-DRIFT..=DRIFT).contains(&i)) {
        return Err("writes %rsp");
    }
    if effects.accesses.iter().any(|access| (access.writes || kind == Kind::Full) && !is_confined(access)) {
        return Err("memory outside the sandbox");
    }
    Ok(())
}

/// Whether the access stays in the sandbox and its guard regions.
pub(crate) fn is_confined(access: &Access) -> bool {
    let stack = access.base == Base::Register(RSP) && access.index.is_none();
    if access.size <= 0 {
        return false;
    }
    if access.slot {
        return access.segment == Segment::Flat && stack && access.displacement.abs() <= SLOT && access.size <= SLOT;
    }
    match (access.segment, access.short) {
        (Segment::Gs, true) => access.base != Base::Pc,
        (Segment::Flat, false) if stack => -DRIFT < access.displacement && access.displacement + access.size < DRIFT,
        (Segment::Flat, false) if access.base == Base::Pc => {
            0 <= access.displacement && access.displacement + access.size <= SLOT_SIZE.cast_signed()
        }
        _ => false,
    }
}

/// Whether the instruction, once completed, shows that `%rsp` is in the slot.
pub fn settles(effects: &Effects) -> bool {
    effects.stack
        || effects.accesses.iter().any(|access| {
            access.certain
                && access.segment == Segment::Flat
                && !access.short
                && access.base == Base::Register(RSP)
                && access.index.is_none()
                && (0..DRIFT).contains(&access.displacement)
        })
}

/// Whether the instruction may stand where `%rsp` was adjusted and not used since.
pub fn may_follow_adjustment(effects: &Effects) -> bool {
    effects.adjusts.is_none() && !matches!(effects.flow, Flow::Branch(_) | Flow::Jump(_))
}

/// Where two decoders tell different things, if they do.
pub fn difference(one: &Effects, other: &Effects) -> Option<&'static str> {
    let sorted = |effects: &Effects| {
        let mut accesses = effects.accesses.clone();
        for access in &mut accesses {
            // Judged for each by itself. What is not an access (`prefetch`) differs in kind.
            access.certain = false;
            if access.slot {
                access.displacement = 0;
            }
        }
        accesses.sort_unstable();
        accesses
    };
    if one.length != other.length {
        Some("length")
    } else if one.flow != other.flow {
        Some("flow")
    } else if one.written != other.written {
        Some("registers written")
    } else if one.stack != other.stack {
        Some("push or pop")
    } else if one.adjusts != other.adjusts {
        Some("adjustment")
    } else if one.state != other.state {
        Some("state")
    } else if one.foreign.is_some() != other.foreign.is_some() {
        Some("instruction set")
    } else if sorted(one) != sorted(other) {
        Some("memory accesses")
    } else {
        None
    }
}
