//! Between the sections of an executable segment the linker leaves zeros, and
//! zeros are instructions (`addb %al, (%rax)`) that the verifier refuses. Here
//! they become `int3`, as the linker has it within sections.

use object::{File, Object, ObjectSection, ObjectSegment, SectionFlags, SegmentFlags, elf};

const INT3: u8 = 0xcc;

/// Fills what no section covers in the executable segments of a linked file.
/// A file that cannot be read stays as it is: the post-linker says why.
pub(crate) fn fill(bytes: &mut [u8]) {
    for (start, end) in find(bytes).unwrap_or_default() {
        if let Some(gap) = bytes.get_mut(start..end) {
            gap.fill(INT3);
        }
    }
}

/// The gaps, as ranges of the file.
fn find(bytes: &[u8]) -> Option<Vec<(usize, usize)>> {
    let file = File::parse(bytes).ok()?;
    let mut sections: Vec<(u64, u64)> = file
        .sections()
        .filter(|section| {
            matches!(section.flags(), SectionFlags::Elf { sh_flags, .. } if sh_flags.contains(elf::SHF_ALLOC))
        })
        .map(|section| (section.address(), section.size()))
        .collect();
    sections.sort_unstable();
    let mut gaps = Vec::new();
    for segment in file.segments() {
        if !matches!(segment.flags(), SegmentFlags::Elf { p_flags, .. } if p_flags.contains(elf::PF_X)) {
            continue;
        }
        let (offset, size) = segment.file_range();
        let start = segment.address();
        let end = start.checked_add(size)?;
        let place = |address: u64| usize::try_from(offset.checked_add(address - start)?).ok();
        let mut covered = start;
        for &(address, size) in sections.iter().filter(|(address, _)| (start..end).contains(address)) {
            if address > covered {
                gaps.push((place(covered)?, place(address)?));
            }
            covered = covered.max(address.checked_add(size)?);
        }
        if covered < end {
            gaps.push((place(covered)?, place(end)?));
        }
    }
    Some(gaps)
}
