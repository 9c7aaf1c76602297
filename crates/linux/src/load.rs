//! Loading: from a module to a sandbox whose context stands at the program's
//! entry.

use crate::{
    memory::{Backing, Memory, Region, Regions, STACK_SIZE},
    module::{LoadError, Module},
    policy::Source,
    stack,
};
use lfi_abi::layout::{MODULE_OFFSET, USER_END};
use lfi_runtime::{Access, Context, Error, Sandbox};
use std::ffi::CString;

/// Fills a sandbox with a program; returns what is mapped and a context at the
/// entry point.
pub(crate) fn load(
    sandbox: &Sandbox,
    module: &Module,
    arguments: &[CString],
    environment: &[CString],
    random: &Source,
) -> Result<(Memory, Context), LoadError> {
    let base = sandbox.base();
    let range = |start, end| sandbox.range(base + start, end - start).map_err(Error::from);
    let mut regions = Regions::default();
    for part in module.code() {
        sandbox.map_code(&part.code)?;
        regions.insert(part.start, part.end, Region { access: Access::Read, backing: Backing::Code });
    }
    for part in module.data() {
        let (place, access) = (range(part.start, part.end)?, part.access);
        let backing = match &part.contents {
            Some((image, offset)) => {
                sandbox.map_image(place, access, image, *offset)?;
                Backing::Image
            }
            None => {
                sandbox.map(place, access)?;
                Backing::Anonymous
            }
        };
        regions.insert(part.start, part.end, Region { access, backing });
    }

    let stack = USER_END - STACK_SIZE;
    sandbox.map(range(stack, USER_END)?, Access::ReadWrite)?;
    regions.insert(stack, USER_END, Region { access: Access::ReadWrite, backing: Backing::Anonymous });

    let image = stack::Image {
        base,
        top: base + USER_END,
        program_headers: module.program_headers(),
        entry: base + MODULE_OFFSET + module.entry(),
        module: base + MODULE_OFFSET,
        arguments,
        environment,
    };
    let (stack_pointer, block) = image.build(random).map_err(LoadError::Runtime)?.ok_or(LoadError::ArgumentsTooLong)?;
    sandbox.write(stack_pointer, &block)?;

    let mut context = Context::new();
    context.registers_mut().rip = image.entry;
    context.registers_mut().rsp = stack_pointer;
    let memory = Memory::new(regions, MODULE_OFFSET + module.span());
    Ok((memory, context))
}
