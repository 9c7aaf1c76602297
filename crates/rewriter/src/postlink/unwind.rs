//! `.eh_frame`, `.debug_frame`, and the call sites of `.gcc_except_table`.

use gimli::{
    BaseAddresses, CallFrameInstruction, CieOrFde, DebugFrame, EhFrame, EndianSlice, LittleEndian, Pointer, Reader,
    UnwindSection,
};

use super::{anchors::Anchors, error::PostlinkError, image::Image};

type Slice<'d> = EndianSlice<'d, LittleEndian>;

/// Adds the ranges and rows of all unwind tables, and the call sites and
/// landing pads of the functions that have them.
pub(super) fn collect(image: &Image<'_>, anchors: &mut Anchors) -> Result<(), PostlinkError> {
    let (address, eh_frame) = image.contents(".eh_frame")?;
    let (text, _) = image.contents(".text")?;
    let (got, _) = image.contents(".got")?;
    let bases = BaseAddresses::default().set_eh_frame(address).set_text(text).set_got(got);
    frames(&EhFrame::new(&eh_frame, LittleEndian), &bases, image, anchors)
        .map_err(|problem| PostlinkError::broken(".eh_frame", problem))?;
    let (_, debug_frame) = image.contents(".debug_frame")?;
    let mut debug_frame = DebugFrame::new(&debug_frame, LittleEndian);
    debug_frame.set_address_size(8);
    frames(&debug_frame, &bases, image, anchors).map_err(|problem| PostlinkError::broken(".debug_frame", problem))
}

fn frames<'d, S: UnwindSection<Slice<'d>>>(
    section: &S,
    bases: &BaseAddresses,
    image: &Image<'_>,
    anchors: &mut Anchors,
) -> Result<(), String>
where
    S::Offset: gimli::UnwindOffset,
{
    let text = |error: gimli::Error| error.to_string();
    let mut entries = section.entries(bases);
    while let Some(entry) = entries.next().map_err(text)? {
        let CieOrFde::Fde(partial) = entry else { continue };
        let fde = partial.parse(S::cie_from_offset).map_err(text)?;
        anchors.add_range(fde.initial_address(), fde.end_address());
        let factor = fde.cie().code_alignment_factor();
        let mut location = fde.initial_address();
        let mut instructions = fde.instructions(section, bases);
        while let Some(instruction) = instructions.next().map_err(text)? {
            match instruction {
                CallFrameInstruction::SetLoc { address } => location = address,
                CallFrameInstruction::AdvanceLoc { delta } => {
                    location = location.wrapping_add(u64::from(delta).wrapping_mul(factor));
                }
                _ => continue,
            }
            anchors.add(location);
        }
        let lsda = match fde.lsda() {
            None => continue,
            Some(Pointer::Direct(address)) => address,
            Some(Pointer::Indirect(place)) => {
                let pointer = image.loaded(place).and_then(|bytes| bytes.first_chunk::<8>());
                u64::from_le_bytes(*pointer.ok_or("a pointer to call sites leads out of the file")?)
            }
        };
        let table = image.loaded(lsda).ok_or("a table of call sites lies outside the file")?;
        call_sites(Slice::new(table, LittleEndian), fde.initial_address(), anchors)
            .map_err(|error| format!("call sites of the function at {:#x}: {error}", fde.initial_address()))?;
    }
    Ok(())
}

/// Reads a language-specific data area as the Itanium C++ ABI and all languages
/// of gcc and LLVM have it (Itanium C++ ABI: Exception Handling, 2.5 and the
/// "LSDA" of gcc's `unwind-pe.h`).
fn call_sites(mut table: Slice<'_>, function: u64, anchors: &mut Anchors) -> Result<(), gimli::Error> {
    let start_encoding = gimli::DwEhPe(table.read_u8()?);
    let pads = if start_encoding == gimli::DW_EH_PE_omit { function } else { encoded(&mut table, start_encoding)? };
    if gimli::DwEhPe(table.read_u8()?) != gimli::DW_EH_PE_omit {
        table.read_uleb128()?; // the type table, which holds no address of code
    }
    let encoding = gimli::DwEhPe(table.read_u8()?);
    let size = table.read_uleb128()?;
    let mut sites = table.split(usize::try_from(size).map_err(|_| gimli::Error::UnsupportedOffset)?)?;
    while !sites.is_empty() {
        let start = function.wrapping_add(encoded(&mut sites, encoding)?);
        let length = encoded(&mut sites, encoding)?;
        let pad = encoded(&mut sites, encoding)?;
        sites.read_uleb128()?; // action
        anchors.add_range(start, start.wrapping_add(length));
        if pad != 0 {
            anchors.add(pads.wrapping_add(pad));
        }
    }
    Ok(())
}

/// A value that is relative to nothing.
fn encoded(table: &mut Slice<'_>, encoding: gimli::DwEhPe) -> Result<u64, gimli::Error> {
    match encoding {
        gimli::DW_EH_PE_uleb128 => table.read_uleb128(),
        gimli::DW_EH_PE_udata2 => table.read_u16().map(u64::from),
        gimli::DW_EH_PE_udata4 => table.read_u32().map(u64::from),
        gimli::DW_EH_PE_udata8 | gimli::DW_EH_PE_absptr => table.read_u64(),
        other => Err(gimli::Error::UnknownPointerEncoding(other)),
    }
}
