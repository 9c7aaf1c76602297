//! The layout of one sandbox: a slot of 4 GiB, aligned to 4 GiB.
//!
//! ```text
//! base + 0             .. NULL_SIZE      never mapped (null pointers, guard of the slot below)
//! base + RUNTIME_PAGE  .. + one page     read-only, owned by the runtime
//! base + USER_START    .. USER_END       the sandbox's own: code, data, stacks, heap
//! base + USER_END      .. SLOT_SIZE      never mapped (guard of the slot above)
//! ```
//!
//! "Never mapped" means reserved with `PROT_NONE`. All values are in bytes,
//! all offsets are from the slot's base. See `spec/layout.md`.

/// Size and alignment of a slot.
pub const SLOT_SIZE: u64 = 1 << 32;
/// Nothing is ever mapped below this offset.
pub const NULL_SIZE: u64 = 64 << 10;
/// Nothing is ever mapped in the last this many bytes of a slot. The pool
/// reserves as much below its first slot, and `NULL_SIZE` above its last one.
pub const GUARD_SIZE: u64 = 128 << 10;
/// Offset of the runtime page.
pub const RUNTIME_PAGE: u64 = NULL_SIZE;
/// Size of the runtime page.
pub const RUNTIME_PAGE_SIZE: u64 = 4096;
/// First offset that sandboxed code may ask the runtime to map.
pub const USER_START: u64 = RUNTIME_PAGE + RUNTIME_PAGE_SIZE;
/// One past the last offset that sandboxed code may ask the runtime to map.
pub const USER_END: u64 = SLOT_SIZE - GUARD_SIZE;
/// Slot offset of the entry page of sandboxes whose functions the host calls:
/// code of the runtime's that calls the function whose address is in a
/// register.
pub const ENTRY_PAGE: u64 = USER_START;
/// Slot offset of the code that goes back to the host, where such a function
/// returns to.
pub const ENTRY_RETURN: u64 = ENTRY_PAGE + 32;
/// Slot offset of the callback entries, behind the entry page: what code in the
/// sandbox calls to call a function of the host.
pub const CALLBACK_ENTRIES: u64 = ENTRY_PAGE + 4096;
/// Size of one of them: the runtime call "callback", and a return.
pub const CALLBACK_SIZE: u64 = 64;
/// How many there are: callbacks that a sandbox can have at a time.
pub const CALLBACKS: u64 = 1024;
/// Size of the entry page and the callback entries.
pub const ENTRY_SIZE: u64 = 4096 + CALLBACKS * CALLBACK_SIZE;
/// Slot offset at which the first module of a sandbox is loaded (its virtual
/// address 0). Fixed, so that one verdict holds in every slot; `lfi-verify`
/// judges a file as loaded here.
pub const MODULE_OFFSET: u64 = 1 << 20;

/// Fields of the runtime page, as offsets within the page. Each is 8 bytes.
pub mod page {
    /// The slot's base address: what masks add.
    pub const BASE: u64 = 0x00;
    /// Address of the entry of runtime call "system call".
    pub const SYSCALL: u64 = 0x08;
    /// Address of the entry of runtime call "get thread pointer".
    pub const GET_TP: u64 = 0x10;
    /// Address of the entry of runtime call "set thread pointer".
    pub const SET_TP: u64 = 0x18;
    /// Address of the entry of runtime call "return to host".
    pub const RETURN: u64 = 0x20;
    /// Address of the entry of runtime call "callback".
    pub const CALLBACK: u64 = 0x30;
    /// The thread pointer itself; kept up to date in exclusive slots only.
    pub const TP: u64 = 0x28;
}
