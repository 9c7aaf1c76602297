//! Stops endless loops of sandboxed code: a signal sends the program counter to the slot's
//! first byte, where nothing is ever mapped. A loop of runtime calls may be found in the
//! runtime each time; from there it is stepped until it is back in the slot, where a step is a trap.

use super::Result;
use std::{
    cell::Cell,
    io,
    mem::MaybeUninit,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How long one stay in a sandbox may take.
const LIMIT: Duration = Duration::from_millis(2);
const SIGNAL: i32 = libc::SIGUSR1;

/// Base of the slot whose code is stopped.
static BASE: AtomicU64 = AtomicU64::new(0);

/// Threads that are inside, and since when.
type Inside = Arc<Mutex<Vec<(libc::pthread_t, Instant)>>>;

/// Watches all threads that enter sandboxes. One slot at a time is watched.
#[derive(Debug)]
pub(super) struct Watchdog {
    inside: Inside,
}

/// A thread is watched while this exists.
pub(super) struct Watched<'a>(&'a Inside);

impl Watchdog {
    pub(super) fn new() -> Result<Self> {
        handle(SIGNAL, on_signal)?;
        // The runtime passes it on when it is not a sandbox's.
        handle(libc::SIGTRAP, on_step)?;
        let inside = Inside::default();
        let watched = Arc::downgrade(&inside);
        thread::spawn(move || {
            while let Some(inside) = watched.upgrade() {
                stop_late(&inside);
                drop(inside);
                thread::sleep(LIMIT / 2);
            }
        });
        Ok(Self { inside })
    }

    /// Watches the calling thread, which is about to enter the slot at `base`.
    pub(super) fn watch(&self, base: u64) -> Watched<'_> {
        BASE.store(base, Ordering::Release);
        // SAFETY: has no preconditions.
        let this = unsafe { libc::pthread_self() };
        lock(&self.inside).push((this, Instant::now()));
        Watched(&self.inside)
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        // SAFETY: has no preconditions.
        let this = unsafe { libc::pthread_self() };
        lock(self.0).retain(|(thread, _)| *thread != this);
    }
}

fn lock(inside: &Inside) -> std::sync::MutexGuard<'_, Vec<(libc::pthread_t, Instant)>> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends the signal to all threads that are late.
fn stop_late(inside: &Inside) {
    for (thread, since) in lock(inside).iter() {
        if since.elapsed() > LIMIT {
            // SAFETY: the thread removes itself from the list, which is locked, before it ends.
            unsafe { libc::pthread_kill(*thread, SIGNAL) };
        }
    }
}

type Handler = extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void);

fn handle(signal: i32, handler: Handler) -> Result<()> {
    // SAFETY: all-zero is a valid action: no flags, empty mask.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
    // SAFETY: the handlers do what is allowed in them.
    if unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) } != 0 {
        return Err(io::Error::last_os_error().into());
    }
    Ok(())
}

/// The trap flag.
const TRAP: i64 = 0x100;
/// Longer than the runtime's way back from any call.
const MAX_STEPS: u64 = 1000;

thread_local!(static STEPS: Cell<u64> = const { Cell::new(0) });

extern "C" fn on_signal(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes the context that it resumes from, and nobody else has it.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    let registers = &mut context.uc_mcontext.gregs;
    let base = BASE.load(Ordering::Acquire);
    let pc = registers[libc::REG_RIP as usize].cast_unsigned();
    if pc.wrapping_sub(base) < lfi_abi::layout::SLOT_SIZE {
        registers[libc::REG_RIP as usize] = base.cast_signed();
    } else {
        STEPS.set(0);
        registers[libc::REG_EFL as usize] |= TRAP;
    }
}

extern "C" fn on_step(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: as above.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    STEPS.set(STEPS.get() + 1);
    if STEPS.get() > MAX_STEPS {
        context.uc_mcontext.gregs[libc::REG_EFL as usize] &= !TRAP;
    }
}
