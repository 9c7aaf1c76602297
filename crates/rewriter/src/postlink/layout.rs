//! Bundle by bundle: nops become prefixes, calls move to the end.
//!
//! A branch with only nops behind it does not move: it would come to lie at the
//! end of the bundle, where branches are slow. AMD's cores look up one more
//! line of the op cache (measured on Zen 5: 3 % of sqlite's time), and Intel's from Skylake to
//! Cascade Lake do not cache them at all (erratum "Jump Conditional Code").
//! Calls have to end there; their nops go in front of them.

use lfi_abi::x64::BUNDLE;

use super::{
    PostlinkError, Report,
    anchors::Anchors,
    code::{Atom, Distance, Flow},
    image::Text,
};

/// Long nops, by length, in the forms the manuals recommend (Intel, volume 2,
/// NOP; AMD, software optimization guide); prefixes beyond cost time on some
/// decoders.
const NOPS: [&[u8]; 10] = [
    &[0x90],
    &[0x66, 0x90],
    &[0x0f, 0x1f, 0x00],
    &[0x0f, 0x1f, 0x40, 0x00],
    &[0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
    &[0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
    &[0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];

/// Adjacent atoms of one bundle with no anchor but at the start.
struct Run<'a> {
    text: &'a Text,
    atoms: &'a [Atom],
    start: usize,
    end: usize,
}

/// A new arrangement of a run.
struct Arrangement {
    bytes: Vec<u8>,
    prefix_bytes: u64,
    call_moved: bool,
}

/// Lays out one segment.
///
/// Refuses code in which a call does not end at a bundle boundary even then:
/// a masked return would come back to the start of the bundle.
pub(super) fn layout(
    text: &mut Text,
    atoms: &[Atom],
    anchors: &Anchors,
    report: &mut Report,
) -> Result<(), PostlinkError> {
    let mut laid_out = text.bytes.clone();
    let starts_run =
        |atom: &Atom| atom.start.is_multiple_of(BUNDLE as usize) || anchors.contains(text.address + atom.start as u64);
    let mut rest = atoms;
    while let Some((_, others)) = rest.split_first() {
        let length = 1 + others.iter().take_while(|atom| !starts_run(atom)).count();
        let (run, after) = rest.split_at(length);
        rest = after;
        let (run, behind) = run.split_at(movable(run));
        lay_out_run(text, run, &mut laid_out, report)?;
        if run.last().is_some_and(|atom| atom.flow == Flow::End) {
            report.nops_before += count_nops(behind); // never reached, whatever they are
            report.nops_after += count_nops(behind);
        } else {
            lay_out_run(text, behind, &mut laid_out, report)?;
        }
    }
    text.bytes = laid_out;
    Ok(())
}

/// How many atoms of a run are arranged together: up to the first that never
/// goes on to the next one, or to a last branch.
fn movable(run: &[Atom]) -> usize {
    let end = run.iter().position(|atom| atom.flow == Flow::End);
    let branch = || run.iter().rposition(|atom| !atom.nop).filter(|&last| run[last].flow == Flow::Branch);
    end.or_else(branch).map_or(run.len(), |last| last + 1)
}

fn lay_out_run(text: &Text, atoms: &[Atom], laid_out: &mut [u8], report: &mut Report) -> Result<(), PostlinkError> {
    let (Some(first), Some(last)) = (atoms.first(), atoms.last()) else {
        return Ok(());
    };
    let run = Run { text, atoms, start: first.start, end: last.end() };
    let nops = count_nops(atoms);
    let arrangement = (nops != 0).then(|| run.arrange()).flatten();
    run.check_calls(arrangement.is_some())?;
    report.nops_before += nops;
    let Some(arrangement) = arrangement else {
        report.nops_after += nops;
        return Ok(());
    };
    laid_out[run.start..run.end].copy_from_slice(&arrangement.bytes);
    report.nops_after += nops_in(run.size() - run.body_size() - arrangement.prefix_bytes as usize);
    report.prefix_bytes += arrangement.prefix_bytes;
    report.calls_moved += u64::from(arrangement.call_moved);
    Ok(())
}

fn count_nops(atoms: &[Atom]) -> u64 {
    atoms.iter().filter(|atom| atom.nop).count() as u64
}

/// How many nops fill this many bytes.
fn nops_in(bytes: usize) -> u64 {
    bytes.div_ceil(NOPS.len()) as u64
}

fn ends_bundle(offset: usize) -> bool {
    offset.is_multiple_of(BUNDLE as usize)
}

impl Run<'_> {
    fn size(&self) -> usize {
        self.end - self.start
    }

    fn body(&self) -> impl Iterator<Item = &Atom> {
        self.atoms.iter().filter(|atom| !atom.nop)
    }

    fn body_size(&self) -> usize {
        self.body().map(|atom| usize::from(atom.len)).sum()
    }

    /// Refuses a call to which nothing can return.
    fn check_calls(&self, arranged: bool) -> Result<(), PostlinkError> {
        let last = self.body().last().map(|atom| atom.start);
        let at_end =
            |atom: &Atom| ends_bundle(atom.end()) || arranged && ends_bundle(self.end) && Some(atom.start) == last;
        match self.atoms.iter().find(|atom| atom.flow == Flow::Call && !at_end(atom)) {
            Some(call) => Err(PostlinkError::Code {
                address: self.text.address + call.start as u64,
                problem: "call does not end at a bundle boundary, so nothing can return to it",
            }),
            None => Ok(()),
        }
    }

    /// The best arrangement in which every distance can be expressed; none when
    /// the run is best as it is.
    fn arrange(&self) -> Option<Arrangement> {
        [true, false].into_iter().find_map(|prefixes| self.try_arrange(prefixes))
    }

    fn try_arrange(&self, prefixes: bool) -> Option<Arrangement> {
        let free = self.size() - self.body_size();
        let counts = if prefixes { self.spread(free) } else { vec![0; self.body().count()] };
        let prefix_bytes: usize = counts.iter().map(|&n| usize::from(n)).sum();
        let filler = free - prefix_bytes;

        // Nops that stay go where the last of them was, but before a call that
        // has only nops between itself and the end of the bundle.
        let trailing_call = ends_bundle(self.end) && self.body().last().is_some_and(|atom| atom.flow == Flow::Call);
        let last_nop = self.atoms.iter().rposition(|atom| atom.nop)?;
        let before = self.atoms[..last_nop].iter().filter(|atom| !atom.nop).count();
        let place = if trailing_call { before.min(self.body().count() - 1) } else { before };
        let call_moved = trailing_call && !self.atoms.last().is_some_and(|atom| atom.flow == Flow::Call);

        let mut bytes = Vec::with_capacity(self.size());
        for (index, (atom, &count)) in self.body().zip(&counts).enumerate() {
            if index == place {
                push_nops(&mut bytes, filler);
            }
            self.push(&mut bytes, atom, count)?;
        }
        if place == counts.len() {
            push_nops(&mut bytes, filler);
        }
        (bytes.len() == self.size()).then_some(Arrangement { bytes, prefix_bytes: prefix_bytes as u64, call_moved })
    }

    /// How many prefixes each atom of the body gets: as few as leave the
    /// smallest number of nops, spread evenly.
    fn spread(&self, free: usize) -> Vec<u8> {
        let room: Vec<u8> = self.body().map(|atom| atom.prefix.map_or(0, |(_, room)| room)).collect();
        let total: usize = room.iter().map(|&n| usize::from(n)).sum();
        let nops = free.saturating_sub(total).div_ceil(NOPS.len());
        let mut wanted = free.saturating_sub(nops * NOPS.len());
        let mut counts = vec![0; room.len()];
        while wanted > 0 {
            for (count, &room) in counts.iter_mut().zip(&room) {
                if wanted > 0 && *count < room {
                    *count += 1;
                    wanted -= 1;
                }
            }
        }
        counts
    }

    /// Appends an atom with so many prefixes; none when a distance does not fit.
    fn push(&self, bytes: &mut Vec<u8>, atom: &Atom, count: u8) -> Option<()> {
        let prefix = atom.prefix.map_or(0, |(byte, _)| byte);
        bytes.extend(std::iter::repeat_n(prefix, usize::from(count)));
        let at = bytes.len();
        bytes.extend_from_slice(&self.text.bytes[atom.start..atom.end()]);
        let Some(Distance { at: field, size, target }) = atom.distance else {
            return Some(());
        };
        let end = self.text.address.wrapping_add((self.start + bytes.len()) as u64);
        let distance = target.wrapping_sub(end) as i64;
        let field = at + usize::from(field);
        match size {
            1 => bytes[field] = i8::try_from(distance).ok()? as u8,
            _ => bytes[field..field + 4].copy_from_slice(&i32::try_from(distance).ok()?.to_le_bytes()),
        }
        Some(())
    }
}

/// Appends so many bytes of nops, in as few instructions as possible.
fn push_nops(bytes: &mut Vec<u8>, mut size: usize) {
    while size > 0 {
        let length = size.min(NOPS.len());
        bytes.extend_from_slice(NOPS[length - 1]);
        size -= length;
    }
}
