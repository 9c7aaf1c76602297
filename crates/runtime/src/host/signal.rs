//! Signals: the handlers that turn faults into traps, the chain to the
//! handlers that were there before, and the stacks they run on.

use super::{Mapping, PAGE_SIZE, Protection, auxiliary, last_error, map_anonymous};
use crate::{Error, arch, watch};
use std::{
    cell::{Cell, OnceCell},
    mem::MaybeUninit,
    ops::Range,
    ptr,
    sync::{
        OnceLock,
        atomic::{AtomicI32, AtomicPtr, Ordering},
    },
};

/// The signals by which the processor reports a fault.
pub(crate) const FAULTS: [i32; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP];

/// What was installed before, in the order of [`FAULTS`]. Set once, leaked.
static PREVIOUS: [AtomicPtr<libc::sigaction>; FAULTS.len()] = [const { AtomicPtr::new(ptr::null_mut()) }; FAULTS.len()];

/// Installs the fault handlers, once per process.
pub(crate) fn install_faults() -> Result<(), Error> {
    static DONE: OnceLock<Result<(), i32>> = OnceLock::new();
    DONE.get_or_init(|| {
        for (signal, previous) in FAULTS.into_iter().zip(&PREVIOUS) {
            // Known to the handler before it can run.
            let old = action(signal, None)?;
            previous.store(Box::into_raw(Box::new(old)), Ordering::Release);
            let mut new = empty_action();
            new.sa_sigaction = arch::fault_entry();
            // NODEFER: a fault in a handler further down the chain is seen, too.
            new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
            action(signal, Some(&new))?;
        }
        Ok(())
    })
    .map_err(sigaction_error)
}

/// The signal that asks a thread to leave a sandbox: the last of the real-time
/// signals that had no handler. 0 before the handlers are installed.
static INTERRUPT: AtomicI32 = AtomicI32::new(0);

/// Installs the handler of the signal that asks to leave, once per process.
pub(crate) fn install_interrupt() -> Result<(), Error> {
    static DONE: OnceLock<Result<(), i32>> = OnceLock::new();
    DONE.get_or_init(take_interrupt).map_err(sigaction_error)
}

fn sigaction_error(errno: i32) -> Error {
    Error::Host("sigaction", std::io::Error::from_raw_os_error(errno))
}

/// Has a forked child of the process know that it is another, with one thread.
fn note_forks() {
    extern "C" fn child() {
        watch::in_forked_child();
        // What is noted of the thread, by the id that it had, stays true: it may have forked in a callback.
        SURVIVOR.store(THREAD_ID.get(), Ordering::Relaxed);
        SURVIVOR_IN_KERNEL.store(kernel_id(), Ordering::Relaxed);
    }
    extern "C" fn before() {
        watch::before_fork();
    }
    extern "C" fn parent() {
        watch::after_fork();
    }
    // SAFETY: the functions are there for ever. What they do is fit for the forking thread, before and after. Without
    // memory for it forked children have no watch, which is all that it is for.
    unsafe { libc::pthread_atfork(Some(before), Some(parent), Some(child)) };
}

fn take_interrupt() -> Result<(), i32> {
    note_forks();
    prepare_fences();
    let free = |signal: &i32| action(*signal, None).is_ok_and(|old| old.sa_sigaction == libc::SIG_DFL);
    let signal = (libc::SIGRTMIN()..=libc::SIGRTMAX()).rev().find(free).ok_or(libc::EBUSY)?;
    INTERRUPT.store(signal, Ordering::Release);
    let mut new = empty_action();
    new.sa_sigaction = arch::fault_entry();
    // Without SA_RESTART: calls of the host that wait are to end.
    new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    action(signal, Some(&new)).map(drop)
}

/// Sends the signal to a thread of this process, by its [`thread_id`]. Nothing happens when it has ended.
pub(crate) fn interrupt(id: i32) {
    let (process, signal) = (std::process::id(), INTERRUPT.load(Ordering::Acquire));
    // SAFETY: no preconditions; a thread that is in no stopped sandbox ignores the signal.
    unsafe { libc::syscall(libc::SYS_tgkill, process, id_in_kernel(id), signal) };
}

/// Has all processors that run a thread of this process see what was stored
/// before, before they read or store anything more.
pub(crate) fn fence_all() {
    const FENCE: libc::c_int = 1 << 3; // MEMBARRIER_CMD_PRIVATE_EXPEDITED
    // Where the kernel has no such call the watch, which looks again later, has to do.
    if !membarrier(FENCE) && prepare_fences() {
        membarrier(FENCE);
    }
}

/// Has the kernel prepare for [`fence_all`]. In a process with several threads it waits for a grace period of RCU, which
/// takes ten milliseconds or more: not at the first interruption.
fn prepare_fences() -> bool {
    const REGISTER: libc::c_int = 1 << 4; // MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED
    membarrier(REGISTER)
}

fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: no preconditions.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

thread_local!(static THREAD_ID: Cell<i32> = const { Cell::new(0) });

/// In a forked child: the [`thread_id`] of the thread that has forked, and what the kernel calls it here.
static SURVIVOR: AtomicI32 = AtomicI32::new(0);
static SURVIVOR_IN_KERNEL: AtomicI32 = AtomicI32::new(0);

/// The id of this thread when it has been prepared to enter, or 0. The same all its life, also when that goes on in a
/// forked child.
#[inline]
pub(crate) fn thread_id() -> i32 {
    THREAD_ID.get()
}

/// What the kernel calls the thread with this [`thread_id`].
pub(crate) fn id_in_kernel(id: i32) -> i32 {
    if id == SURVIVOR.load(Ordering::Relaxed) { SURVIVOR_IN_KERNEL.load(Ordering::Relaxed) } else { id.abs() }
}

fn kernel_id() -> i32 {
    // SAFETY: no preconditions.
    unsafe { libc::gettid() }
}

/// A [`thread_id`] for a thread with such an id of the kernel's: that, unless the one that has forked has it, whose old
/// number can come back once the parent has ended. None of the kernel's is negative.
fn new_id(kernel_id: i32, survivor: i32) -> i32 {
    if kernel_id == survivor { -kernel_id } else { kernel_id }
}

/// Refuses handlers that would run on a sandbox's stack.
pub(crate) fn check_handlers() -> Result<(), Error> {
    for signal in 1..=64 {
        let Ok(old) = action(signal, None) else {
            continue; // the C library keeps it for itself: `prepare_thread` blocks it
        };
        let handled = old.sa_sigaction != libc::SIG_DFL && old.sa_sigaction != libc::SIG_IGN;
        if handled && old.sa_flags & libc::SA_ONSTACK == 0 {
            return Err(Error::HandlerOnSandboxStack(signal));
        }
    }
    Ok(())
}

/// Makes the calling thread fit to enter a sandbox: it has an alternate signal
/// stack of ours, is not on it, and blocks no fault. Cheap when it was called before on this thread.
pub(crate) fn prepare_thread() -> Result<(), Error> {
    thread_local!(static STACK: OnceCell<AlternateStack> = const { OnceCell::new() });
    STACK
        .try_with(|cell| {
            let here = 0u8;
            if let Some(stack) = cell.get() {
                // The frame of a fault would overwrite what we run on.
                return if stack.range.contains(&(&raw const here as u64)) {
                    Err(Error::InSignalHandler)
                } else {
                    Ok(())
                };
            }
            mask_signals()?;
            let stack = AlternateStack::new()?;
            arch::set_signal_stack(Some(stack.range.clone()));
            THREAD_ID.set(new_id(kernel_id(), SURVIVOR.load(Ordering::Relaxed)));
            let _ = cell.set(stack);
            Ok(())
        })
        .unwrap_or(Err(Error::Unsupported("entering a sandbox while the thread ends")))
}

/// An alternate signal stack with a guard page below it.
struct AlternateStack {
    /// With the guard page.
    _mapping: Mapping,
    /// The stack itself.
    range: Range<u64>,
}

impl AlternateStack {
    fn new() -> Result<Self, Error> {
        // The kernel's frame, and room for the handlers in the chain.
        let room = auxiliary(libc::AT_MINSIGSTKSZ).max(2048) + (64 << 10);
        let len = room.next_multiple_of(PAGE_SIZE);
        let mapping = Mapping::reserve(len + PAGE_SIZE)?;
        if mapping.start() < lfi_abi::layout::SLOT_SIZE {
            return Err(Error::Unsupported("signal stacks below 4 GiB"));
        }
        let start = mapping.start() + PAGE_SIZE;
        map_anonymous(start, len, Protection::ReadWrite)?;
        let range = start..start + len;
        let stack = libc::stack_t { ss_sp: start as *mut libc::c_void, ss_flags: 0, ss_size: len as usize };
        // SAFETY: the stack is mapped for as long as this object, whose drop takes it away again.
        let result = unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) };
        if result == 0 {
            return Ok(Self { _mapping: mapping, range });
        }
        match std::io::Error::last_os_error().raw_os_error() {
            Some(libc::EPERM) => Err(Error::InSignalHandler),
            _ => Err(last_error("sigaltstack")),
        }
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        arch::set_signal_stack(None);
        THREAD_ID.set(0);
        let mut now = MaybeUninit::<libc::stack_t>::zeroed();
        // SAFETY: only asks which stack is set.
        unsafe { libc::sigaltstack(ptr::null(), now.as_mut_ptr()) };
        // SAFETY: zero is a valid value, and the kernel may have filled it in.
        let now = unsafe { now.assume_init() };
        if now.ss_sp as u64 == self.range.start {
            let none = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
            // SAFETY: takes away a stack that is about to be unmapped.
            unsafe { libc::sigaltstack(&raw const none, ptr::null_mut()) };
        }
    }
}

/// Blocks the signals that the C library keeps for itself, whose handlers run
/// without `SA_ONSTACK` and cannot be asked about. Unblocks those of faults, by
/// which the kernel would kill the process, and that which asks to leave: hosts like to block all signals in
/// their threads.
pub(crate) fn mask_signals() -> Result<(), Error> {
    let bit = |signal: i32| 1u64 << (signal - 1);
    // SIGCANCEL and SIGSETXID (glibc), and SIGSYNCCALL (musl).
    let internal = bit(32) | bit(33) | bit(34);
    let ours = FAULTS.into_iter().chain([INTERRUPT.load(Ordering::Acquire)]).map(bit).fold(0, |all, bit| all | bit);
    for (how, set) in [(libc::SIG_BLOCK, internal), (libc::SIG_UNBLOCK, ours)] {
        // SAFETY: the kernel's own form of the call, since the C library's filters the internal signals out.
        let result = unsafe {
            libc::syscall(libc::SYS_rt_sigprocmask, how, &raw const set, ptr::null_mut::<u64>(), size_of::<u64>())
        };
        if result != 0 {
            return Err(last_error("sigprocmask"));
        }
    }
    Ok(())
}

fn empty_action() -> libc::sigaction {
    // SAFETY: all-zero is a valid sigaction: default action, no flags, empty mask.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// Asks for the action of a signal and sets a new one, if given. The error is
/// an errno.
fn action(signal: i32, new: Option<&libc::sigaction>) -> Result<libc::sigaction, i32> {
    let mut old = empty_action();
    let new = new.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: both point to valid actions or nothing; a new handler is `on_fault` or a default.
    if unsafe { libc::sigaction(signal, new, &raw mut old) } == 0 {
        Ok(old)
    } else {
        Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL))
    }
}

/// The handler. Only async-signal-safe things happen here: no allocation, no
/// locks.
pub(crate) extern "C" fn on_fault(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    if signal == INTERRUPT.load(Ordering::Acquire) {
        // SAFETY: the kernel passes the ucontext it resumes from, and nobody else has it.
        arch::redirect_stopped(unsafe { &mut *context.cast::<libc::ucontext_t>() });
        return;
    }
    // SAFETY: the kernel passes both.
    if !unsafe { handle_fault(signal, info, context) } {
        chain(signal, info, context);
    }
}

/// For handlers of an application that has the engine install none
/// ([`Config::fault_handlers`](crate::Config)): deals with a fault of sandboxed code, or of a copy
/// of its memory. When this is true the handler must return at once. When it is false the fault is the application's own.
///
/// The handler must be installed for SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGTRAP with
/// `SA_SIGINFO | SA_ONSTACK | SA_NODEFER` before a sandbox is entered. Async-signal-safe.
///
/// # Safety
/// The arguments are those of the handler, which was called by the kernel on this thread.
pub unsafe fn handle_fault(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) -> bool {
    // SAFETY: as promised by the caller.
    let info = unsafe { &*info };
    // A fault of the processor, not a signal that someone sent.
    if info.si_code <= 0 {
        return false;
    }
    // SAFETY: the ucontext that the kernel resumes from, and nobody else has it.
    let interrupted = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    // SAFETY: the field is defined for every fault signal.
    let address = unsafe { info.si_addr() } as u64;
    arch::redirect_fault(signal, info.si_code, address, interrupted)
}

/// Does what would have happened without us.
fn chain(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let previous = FAULTS
        .iter()
        .position(|&s| s == signal)
        .map_or(ptr::null_mut(), |index| PREVIOUS[index].load(Ordering::Acquire));
    // SAFETY: null, or set once to a leaked box.
    let previous = unsafe { previous.as_ref() };
    let (handler, flags) = previous.map_or((libc::SIG_DFL, 0), |p| (p.sa_sigaction, p.sa_flags));
    match handler {
        libc::SIG_DFL => by_default(signal, info),
        libc::SIG_IGN => {
            // A real fault cannot be ignored: the kernel kills the process then, too.
            // SAFETY: as in `on_fault`.
            if unsafe { (*info).si_code } > 0 {
                by_default(signal, info);
            }
        }
        handler if flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: installed with SA_SIGINFO, so it has this signature.
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                unsafe { std::mem::transmute(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: installed without SA_SIGINFO, so it has this signature.
            let handler: extern "C" fn(i32) = unsafe { std::mem::transmute(handler) };
            handler(signal);
        }
    }
}

/// Lets the default action happen: a fault happens again on return, a signal
/// that was sent is sent again.
fn by_default(signal: i32, info: *mut libc::siginfo_t) {
    let _ = action(signal, Some(&empty_action()));
    // SAFETY: as in `on_fault`.
    if unsafe { (*info).si_code } <= 0 {
        // SAFETY: raise has no preconditions.
        unsafe { libc::raise(signal) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_threads_are_the_kernels_unless_they_are_taken() {
        assert_eq!(new_id(7, 0), 7);
        let other = new_id(7, 7);
        assert_ne!(other, 7);
        assert_eq!(id_in_kernel(other), 7);
    }
}
