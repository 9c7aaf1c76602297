//! One sandbox, many threads of the host.

use crate::{Error, Sandbox};
use std::{
    cell::RefCell,
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread::{self, ThreadId},
};

/// A sandbox that many threads of the host enter, each with a context and a
/// stack of its own. A handle: clones share the sandbox.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let file = lfi_filetest::library("
/// #     static int count;
/// #     int next(void) { return __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST); }");
/// # let engine = lfi::Engine::new(&lfi::Config::default())?;
/// # let sandbox = lfi::Sandbox::new(&engine, &lfi::Module::open(file)?)?;
/// let next = sandbox.func::<(), i32>("next")?;
/// let shared = lfi::SharedSandbox::new(sandbox)?;
/// std::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| shared.with(|sandbox| next.call(sandbox, ())));
///     }
/// });
/// assert_eq!(shared.with(|sandbox| next.call(sandbox, ()))??, 5);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SharedSandbox {
    shared: Arc<Shared>,
}

struct Shared {
    /// Makes the others.
    first: Mutex<Sandbox>,
    /// Those that are not in use, by their threads. Several in a thread that
    /// has used one within the use of another.
    idle: Mutex<HashMap<ThreadId, Vec<Sandbox>>>,
}

impl Shared {
    fn idle(&self) -> MutexGuard<'_, HashMap<ThreadId, Vec<Sandbox>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a thread has to give back when it ends.
struct Attached(Vec<Weak<Shared>>);

impl Attached {
    fn add(&mut self, shared: &Arc<Shared>) {
        self.0.retain(|other| other.strong_count() != 0);
        if !self.0.iter().any(|other| std::ptr::eq(other.as_ptr(), Arc::as_ptr(shared))) {
            self.0.push(Arc::downgrade(shared));
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        for shared in self.0.iter().filter_map(Weak::upgrade) {
            let given_back = shared.idle().remove(&thread::current().id());
            drop(given_back);
        }
    }
}

thread_local!(static ATTACHED: RefCell<Attached> = const { RefCell::new(Attached(Vec::new())) });

impl SharedSandbox {
    /// Shares a sandbox.
    ///
    /// # Errors
    /// When it is exclusive: its module was built with `--lfi-returns=ret`.
    pub fn new(mut sandbox: Sandbox) -> Result<Self, Error> {
        // The calling thread's own, and the proof that there can be others.
        let attached = sandbox.attach()?;
        let shared = Self { shared: Arc::new(Shared { first: Mutex::new(sandbox), idle: Mutex::default() }) };
        shared.keep(attached);
        Ok(shared)
    }

    /// Calls `f` with a handle of the sandbox that is this thread's own. The
    /// thread's first use makes it; when the thread ends, its context and stack are freed.
    ///
    /// # Errors
    /// When the thread cannot get a handle, as [`Sandbox::attach`].
    pub fn with<R>(&self, f: impl FnOnce(&mut Sandbox) -> R) -> Result<R, Error> {
        let kept = self.shared.idle().get_mut(&thread::current().id()).and_then(Vec::pop);
        let mut sandbox = match kept {
            Some(sandbox) => sandbox,
            None => self.shared.first.lock().unwrap_or_else(PoisonError::into_inner).attach()?,
        };
        let result = f(&mut sandbox);
        self.keep(sandbox);
        Ok(result)
    }

    /// Keeps a handle for the next use by this thread. One that is ending has none.
    fn keep(&self, sandbox: Sandbox) {
        let noted = ATTACHED.try_with(|attached| attached.borrow_mut().add(&self.shared));
        if noted.is_ok() {
            self.shared.idle().entry(thread::current().id()).or_default().push(sandbox);
        }
    }
}

impl fmt::Debug for SharedSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSandbox").finish_non_exhaustive()
    }
}
