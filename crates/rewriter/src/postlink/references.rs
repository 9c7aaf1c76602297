//! Symbols, relocations, entry points: references to code from ELF's own tables.

use object::{
    LittleEndian, elf,
    read::elf::{Dyn, ProgramHeader, Rela, RelrIterator, SectionHeader, Sym},
};

use super::{anchors::Anchors, error::PostlinkError, image::Image};

const E: LittleEndian = LittleEndian;

/// Sections that hold addresses of code in forms this tool does not read. Code
/// that they describe cannot be laid out.
const UNREADABLE: [&str; 6] =
    [".note.stapsdt", ".llvm_bb_addr_map", ".llvm_stackmaps", "xray_instr_map", ".pseudo_probe", ".llvm_faultmaps"];

/// What the dynamic section says.
#[derive(Default)]
struct Dynamic {
    rela: (u64, u64),
    plt: (u64, u64),
    relr: (u64, u64),
    code: [Option<u64>; 2],
}

/// Refuses files that nobody could lay out.
pub(super) fn check(image: &Image<'_>) -> Result<(), PostlinkError> {
    for (_, section) in image.sections() {
        let allocated = section.sh_flags(E).contains(elf::SHF_ALLOC);
        let kind = section.sh_type(E);
        let name = image.name(section);
        if UNREADABLE.contains(&name) {
            return Err(PostlinkError::linking(name, "holds addresses of code in a form that is not supported"));
        }
        if !allocated && (kind == elf::SHT_RELA || kind == elf::SHT_REL) {
            return Err(PostlinkError::linking(name, "left by --emit-relocs, which is not supported"));
        }
    }
    let dynamic = Dynamic::read(image)?;
    for place in dynamic.places(image)? {
        if is_executable(image, place.0) {
            return Err(PostlinkError::linking("dynamic relocations", "change an executable segment"));
        }
    }
    Ok(())
}

/// Adds every address of code that ELF's tables know of.
pub(super) fn collect(image: &Image<'_>, anchors: &mut Anchors) -> Result<(), PostlinkError> {
    anchors.add(image.elf().elf_header().e_entry.get(E));
    for table in [image.elf().elf_symbol_table(), image.elf().elf_dynamic_symbol_table()] {
        for symbol in table.iter() {
            let start = symbol.st_value(E);
            anchors.add_range(start, start.wrapping_add(symbol.st_size(E)));
        }
    }
    let dynamic = Dynamic::read(image)?;
    dynamic.code.into_iter().flatten().for_each(|address| anchors.add(address));
    for (_, target) in dynamic.places(image)? {
        anchors.add(target);
    }
    Ok(())
}

fn is_executable(image: &Image<'_>, address: u64) -> bool {
    image.segments().any(|(_, segment)| {
        segment.p_type(E) == elf::PT_LOAD
            && segment.p_flags(E).contains(elf::PF_X)
            && address.checked_sub(segment.p_vaddr(E)).is_some_and(|offset| offset < segment.p_memsz(E))
    })
}

impl Dynamic {
    fn read(image: &Image<'_>) -> Result<Self, PostlinkError> {
        let mut dynamic = Self::default();
        let broken = |e: object::Error| PostlinkError::broken("dynamic section", e);
        for (_, segment) in image.segments().filter(|(_, s)| s.p_type(E) == elf::PT_DYNAMIC) {
            let entries = segment.dynamic(E, image.elf().data()).map_err(broken)?.unwrap_or_default();
            for entry in entries {
                let value = entry.d_val(E);
                match entry.d_tag(E) {
                    elf::DT_NULL => break,
                    elf::DT_RELA => dynamic.rela.0 = value,
                    elf::DT_RELASZ => dynamic.rela.1 = value,
                    elf::DT_JMPREL => dynamic.plt.0 = value,
                    elf::DT_PLTRELSZ => dynamic.plt.1 = value,
                    elf::DT_RELR => dynamic.relr.0 = value,
                    elf::DT_RELRSZ => dynamic.relr.1 = value,
                    elf::DT_INIT => dynamic.code[0] = Some(value),
                    elf::DT_FINI => dynamic.code[1] = Some(value),
                    elf::DT_REL | elf::DT_TEXTREL => {
                        return Err(PostlinkError::linking("dynamic section", "holds DT_REL or DT_TEXTREL"));
                    }
                    _ => {}
                }
            }
        }
        Ok(dynamic)
    }

    /// All places that the loader relocates, each with the address that goes there
    /// (in so far as this file alone determines it).
    fn places(&self, image: &Image<'_>) -> Result<Vec<(u64, u64)>, PostlinkError> {
        let mut places = Vec::new();
        for range in [self.rela, self.plt] {
            let relas = object::slice_from_all_bytes::<elf::Rela64<LittleEndian>>(table(image, range, 24)?)
                .map_err(|()| PostlinkError::broken("dynamic relocations", "have a broken size"))?;
            for rela in relas {
                let symbol =
                    image.elf().elf_dynamic_symbol_table().symbol(object::SymbolIndex(rela.r_sym(E, false) as usize));
                let base = symbol.map_or(0, |symbol| symbol.st_value(E));
                places.push((rela.r_offset(E), base.wrapping_add_signed(rela.r_addend(E))));
            }
        }
        let words = object::slice_from_all_bytes::<elf::Relr64<LittleEndian>>(table(image, self.relr, 8)?)
            .map_err(|()| PostlinkError::broken("dynamic relocations", "have a broken size"))?;
        for place in RelrIterator::<elf::FileHeader64<LittleEndian>>::new(E, words) {
            let value = image.loaded(place).and_then(|bytes| bytes.first_chunk::<8>());
            let value = value.ok_or_else(|| PostlinkError::broken("dynamic relocations", "lie outside the file"))?;
            places.push((place, u64::from_le_bytes(*value)));
        }
        Ok(places)
    }
}

/// The bytes of a table of the dynamic section.
fn table<'d>(image: &Image<'d>, (address, size): (u64, u64), entry: u64) -> Result<&'d [u8], PostlinkError> {
    if size == 0 {
        return Ok(&[]);
    }
    let bytes = usize::try_from(size).ok().filter(|_| size.is_multiple_of(entry));
    bytes
        .and_then(|size| image.loaded(address)?.get(..size))
        .ok_or_else(|| PostlinkError::broken("dynamic relocations", "lie outside the file"))
}
