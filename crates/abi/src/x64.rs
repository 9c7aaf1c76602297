//! Constants of the x86-64 scheme. The byte sequences of all units are in
//! `spec/x64/units.md`.

/// Indirect branches reach multiples of this only, and no unit crosses one.
pub const BUNDLE: u64 = 32;
/// The displacement of the operand `%gs:BASE_DISP`, which reads the base from
/// the runtime page (`layout::RUNTIME_PAGE + layout::page::BASE`).
pub const BASE_DISP: u32 = 0x0001_0000;
/// How far one instruction may move `%rsp` without a mask, and how far an
/// unprefixed `d(%rsp)` access may reach, in bytes. See `[x64.stack.drift]`.
pub const DRIFT: i64 = 32 << 10;
/// `%gs:` displacements of the runtime calls' table entries: system call, get
/// thread pointer, set thread pointer, return to host, callback.
pub const RUNTIME_CALLS: [u32; 5] = [0x0001_0008, 0x0001_0010, 0x0001_0018, 0x0001_0020, 0x0001_0030];
/// The rewriter spills into `RED_ZONE..SCRATCH_ZONE` bytes below `%rsp`: the
/// psABI's red zone ends at 128, and whoever writes to a sandbox's stack from
/// outside (emulated signals) leaves `SCRATCH_ZONE` bytes below `%rsp` alone.
pub const RED_ZONE: u64 = 128;
/// See [`RED_ZONE`].
pub const SCRATCH_ZONE: u64 = 256;
