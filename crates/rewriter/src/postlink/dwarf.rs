//! Line tables and debugging information: everything in them that is an
//! address of code stays one of the same instruction.

use gimli::{
    AttributeValue, DebugAranges, DebugLine, DebugLineOffset, Dwarf, DwarfSections, EndianSlice, Expression,
    LittleEndian, Operation, SectionId, Unit,
};

use super::{anchors::Anchors, error::PostlinkError, image::Image};

type Slice<'d> = EndianSlice<'d, LittleEndian>;

/// Adds every address of code in the `.debug_*` sections.
pub(super) fn collect(image: &Image<'_>, anchors: &mut Anchors) -> Result<(), PostlinkError> {
    let sections = DwarfSections::load(|id| image.contents(id.name()).map(|(_, data)| data))?;
    let dwarf = sections.borrow(|data| Slice::new(data, LittleEndian));
    let (_, aranges) = image.contents(SectionId::DebugAranges.name())?;
    let (_, line) = image.contents(SectionId::DebugLine.name())?;

    let broken = |id: SectionId| move |e: gimli::Error| PostlinkError::broken(id.name(), e);
    lines(Slice::new(&line, LittleEndian), anchors).map_err(broken(SectionId::DebugLine))?;
    address_ranges(Slice::new(&aranges, LittleEndian), anchors).map_err(broken(SectionId::DebugAranges))?;
    information(&dwarf, anchors).map_err(broken(SectionId::DebugInfo))
}

/// Every row of every line program.
fn lines(section: Slice<'_>, anchors: &mut Anchors) -> Result<(), gimli::Error> {
    let table = DebugLine::from(section);
    let mut offset = 0;
    while offset < section.len() {
        let program = table.program(DebugLineOffset(offset), 8, None, None)?;
        let header = program.header();
        offset += usize::from(header.format().initial_length_size()) + header.unit_length();
        let mut rows = program.rows();
        while let Some((_, row)) = rows.next_row()? {
            anchors.add(row.address());
        }
    }
    Ok(())
}

fn address_ranges(section: Slice<'_>, anchors: &mut Anchors) -> Result<(), gimli::Error> {
    let mut headers = DebugAranges::from(section).headers();
    while let Some(header) = headers.next()? {
        let mut entries = header.entries();
        while let Some(entry) = entries.next()? {
            anchors.add_range(entry.range().begin, entry.range().end);
        }
    }
    Ok(())
}

/// Every attribute of every entry.
fn information(dwarf: &Dwarf<Slice<'_>>, anchors: &mut Anchors) -> Result<(), gimli::Error> {
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        let unit = dwarf.unit(header)?;
        if unit.dwo_id.is_some() {
            // The rest of this unit is in another file: nothing is known to be movable.
            anchors.add_all();
        }
        let mut entries = unit.entries();
        while let Some(entry) = entries.next_dfs()? {
            let low = entry.attr_value(gimli::DW_AT_low_pc);
            let low = low.map_or(Ok(None), |value| dwarf.attr_address(&unit, value))?;
            for attribute in entry.attrs() {
                let value = attribute.value();
                match (attribute.name(), low, value.udata_value()) {
                    (gimli::DW_AT_high_pc, Some(low), Some(size)) => anchors.add(low.wrapping_add(size)),
                    _ => attribute_value(dwarf, &unit, value, anchors)?,
                }
            }
        }
    }
    Ok(())
}

fn attribute_value<'d>(
    dwarf: &Dwarf<Slice<'d>>,
    unit: &Unit<Slice<'d>>,
    value: AttributeValue<Slice<'d>>,
    anchors: &mut Anchors,
) -> Result<(), gimli::Error> {
    if let Some(address) = dwarf.attr_address(unit, value)? {
        anchors.add(address);
    } else if let Some(mut ranges) = dwarf.attr_ranges(unit, value)? {
        while let Some(range) = ranges.next()? {
            anchors.add_range(range.begin, range.end);
        }
    } else if let Some(mut locations) = dwarf.attr_locations(unit, value)? {
        while let Some(location) = locations.next()? {
            anchors.add_range(location.range.begin, location.range.end);
            expression(dwarf, unit, location.data, anchors)?;
        }
    } else if let Some(data) = value.exprloc_value() {
        expression(dwarf, unit, data, anchors)?;
    }
    Ok(())
}

fn expression<'d>(
    dwarf: &Dwarf<Slice<'d>>,
    unit: &Unit<Slice<'d>>,
    data: Expression<Slice<'d>>,
    anchors: &mut Anchors,
) -> Result<(), gimli::Error> {
    let mut pending = vec![data];
    while let Some(data) = pending.pop() {
        let mut operations = data.operations(unit.encoding());
        loop {
            let operation = match operations.next() {
                Ok(Some(operation)) => operation,
                // An operation that only its compiler knows. What follows cannot be read; it is about values
                // of variables, which hardly ever are addresses of code.
                Ok(None) | Err(gimli::Error::InvalidExpression(_)) => break,
                Err(error) => return Err(error),
            };
            match operation {
                Operation::Address { address } => anchors.add(address),
                Operation::AddressIndex { index } => anchors.add(dwarf.address(unit, index)?),
                Operation::EntryValue { expression } => pending.push(Expression(expression)),
                _ => {}
            }
        }
    }
    Ok(())
}
