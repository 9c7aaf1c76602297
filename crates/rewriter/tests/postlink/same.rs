//! Two files that differ by layout only: the same instructions that refer to
//! the same things, and tables that describe the same places.

use std::borrow::Cow;

use gimli::{BaseAddresses, CieOrFde, DwarfSections, EhFrame, EndianSlice, LittleEndian, UnwindContext, UnwindSection};
use iced_x86::{Code, Decoder, DecoderOptions, Instruction, OpKind, Register};
use object::{Object, ObjectSection, ObjectSymbol};

type File<'d> = object::read::elf::ElfFile64<'d, object::LittleEndian>;

/// The code of a file.
struct Listing {
    /// Starts of all instructions, nops too.
    starts: Vec<u64>,
    /// The others.
    instructions: Vec<Instruction>,
}

impl Listing {
    fn of(file: &File<'_>) -> Self {
        let text = file.section_by_name(".text").expect(".text");
        let mut listing = Self { starts: Vec::new(), instructions: Vec::new() };
        for instruction in &mut Decoder::with_ip(64, text.data().expect("data"), text.address(), DecoderOptions::NONE) {
            assert!(!instruction.is_invalid(), "{:#x}", instruction.ip());
            listing.starts.push(instruction.ip());
            if !is_nop(&instruction) {
                listing.instructions.push(instruction);
            }
        }
        listing
    }

    /// What an address means: itself outside of the code, else the number of
    /// the instruction that runs next there.
    fn meaning(&self, what: &str, address: u64) -> Result<usize, u64> {
        let last = self.instructions.last().expect("code").next_ip();
        if address < self.starts[0] || address >= last {
            return Err(address);
        }
        assert!(self.starts.binary_search(&address).is_ok(), "{what}: {address:#x} is not an instruction");
        Ok(self.instructions.partition_point(|i| i.ip() < address))
    }

    /// An instruction without the properties that layout may change.
    fn essence(&self, instruction: &Instruction) -> (Instruction, Option<Result<usize, u64>>) {
        let mut essence = *instruction;
        let mut target = None;
        if (0..instruction.op_count()).any(|i| instruction.op_kind(i) == OpKind::NearBranch64) {
            target = Some(self.meaning("operand", instruction.near_branch_target()));
            essence.set_near_branch64(0);
        } else if instruction.is_ip_rel_memory_operand() {
            target = Some(self.meaning("operand", instruction.ip_rel_memory_address()));
            essence.set_memory_displacement64(0);
        }
        if essence.segment_prefix() == Register::CS {
            essence.set_segment_prefix(Register::None);
        }
        essence.set_ip(0);
        essence.set_len(0);
        (essence, target)
    }
}

fn is_nop(instruction: &Instruction) -> bool {
    let codes = [Code::Nopw, Code::Nopd, Code::Nopq, Code::Nop_rm16, Code::Nop_rm32, Code::Nop_rm64];
    codes.contains(&instruction.code())
}

/// Panics unless two files differ by layout only.
pub(crate) fn assert_same(before: &[u8], after: &[u8]) {
    let files = [File::parse(before).expect("before"), File::parse(after).expect("after")];
    let [old, mut new] = [Listing::of(&files[0]), Listing::of(&files[1])];
    let padding = new.instructions.split_off(old.instructions.len().min(new.instructions.len()));
    assert!(padding.iter().all(|i| i.code() == Code::Int3));
    assert_eq!(old.instructions.len(), new.instructions.len(), "instructions are missing");
    for (a, b) in old.instructions.iter().zip(&new.instructions) {
        let ((a_essence, a_target), (b_essence, b_target)) = (old.essence(a), new.essence(b));
        assert_eq!((a.code(), a_target), (b.code(), b_target), "{:#x} and {:#x}", a.ip(), b.ip());
        assert_eq!(a_essence, b_essence, "{:#x} and {:#x}", a.ip(), b.ip());
    }
    let [old_places, new_places] = [places(&files[0]), places(&files[1])];
    assert!(!old_places.is_empty());
    assert_eq!(old_places.len(), new_places.len());
    for (a, b) in old_places.into_iter().zip(new_places) {
        assert_eq!(a.0, b.0);
        assert_eq!(old.meaning(&a.0, a.1), new.meaning(&b.0, b.1), "{}: {:#x} and {:#x}", a.0, a.1, b.1);
    }
}

/// Every address in the tables of a file, with a word on what it is.
fn places(file: &File<'_>) -> Vec<(String, u64)> {
    let mut places = vec![("entry".to_owned(), file.entry())];
    for symbol in file.symbols().filter(|s| s.kind() == object::SymbolKind::Text || s.size() != 0) {
        let name = symbol.name().expect("name");
        places.push((format!("symbol {name}"), symbol.address()));
        places.push((format!("end of symbol {name}"), symbol.address() + symbol.size()));
    }
    frames(file, &mut places);
    let load = |id: gimli::SectionId| -> gimli::Result<Cow<'_, [u8]>> {
        Ok(file.section_by_name(id.name()).map_or(Cow::Borrowed(&[]), |s| s.uncompressed_data().expect("data")))
    };
    let sections = DwarfSections::load(load).expect("debugging information");
    let dwarf = sections.borrow(|data| EndianSlice::new(data, LittleEndian));
    let mut units = dwarf.units();
    while let Some(header) = units.next().expect("unit") {
        let unit = dwarf.unit(header).expect("unit");
        let mut entries = unit.entries();
        while let Some(entry) = entries.next_dfs().expect("entry") {
            let mut ranges = dwarf.die_ranges(&unit, entry).expect("ranges");
            while let Some(range) = ranges.next().expect("range") {
                places.push((format!("start of {}", entry.tag()), range.begin));
                places.push((format!("end of {}", entry.tag()), range.end));
            }
        }
        let mut rows = unit.line_program.clone().expect("line program").rows();
        while let Some((_, row)) = rows.next_row().expect("row") {
            places.push((format!("line {:?}", row.line()), row.address()));
        }
    }
    places
}

fn frames(file: &File<'_>, places: &mut Vec<(String, u64)>) {
    let Some(section) = file.section_by_name(".eh_frame") else { return };
    let bases = BaseAddresses::default().set_eh_frame(section.address());
    let frames = EhFrame::new(section.data().expect("data"), LittleEndian);
    let mut context = UnwindContext::new();
    let mut entries = frames.entries(&bases);
    while let Some(entry) = entries.next().expect("entry") {
        let CieOrFde::Fde(partial) = entry else { continue };
        let fde = partial.parse(EhFrame::cie_from_offset).expect("frame");
        let mut rows = fde.rows(&frames, &bases, &mut context).expect("rows");
        while let Some(row) = rows.next_row().expect("row") {
            places.push((format!("unwind row {:?}", row.cfa()), row.start_address()));
        }
        places.push(("end of function".to_owned(), fde.end_address()));
    }
}
