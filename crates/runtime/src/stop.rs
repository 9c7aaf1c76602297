//! Stopping a sandbox: whoever is at work for it leaves, at once.
//!
//! Code in a sandbox does not look for a wish to stop, and pays nothing for it.
//!
//! - A thread that goes to work for a sandbox notes that it does
//!   ([`Presence::arrive`]) and then reads the sandbox's version, as every
//!   entry does.
//! - Who stops the sandbox changes the version, has all processors catch up
//!   (membarrier(2)), and then looks who is there. So a thread has either seen
//!   the new version, or is found.
//! - Who is found is sent a signal. Its handler makes a context that is inside
//!   leave; a call of the host that waits ends with `EINTR`. The signal may come
//!   a moment before the thread goes in or to sleep: it is sent until the
//!   thread has left ([`watch`]).

use crate::{Context, Error, Sandbox, host, watch};
use std::sync::{
    Arc, Mutex, PoisonError, Weak,
    atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering, compiler_fence},
};

/// What a sandbox and those who may stop it share.
#[derive(Debug)]
pub(crate) struct Control {
    /// Changes with whatever contexts have to know of the sandbox. No other
    /// sandbox of the process has had it.
    version: AtomicU64,
    stopped: AtomicBool,
    /// Those who may be at work.
    present: Mutex<Vec<Weak<Place>>>,
}

/// Where a thread may be at work.
#[derive(Debug, Default)]
pub(crate) struct Place {
    /// The thread's id (`host::signal::thread_id`), or 0.
    tid: AtomicI32,
    /// It is to leave once: see [`Nudger`].
    nudged: AtomicBool,
}

impl Place {
    /// What the signal handler looks at.
    pub(crate) fn nudged(&self) -> *const bool {
        self.nudged.as_ptr()
    }
}

impl Control {
    pub(crate) fn new() -> Self {
        Self { version: AtomicU64::new(new_version()), stopped: AtomicBool::new(false), present: Mutex::default() }
    }

    /// The present version.
    #[inline]
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Gives the sandbox a version that no context has, and returns it.
    pub(crate) fn change_version(&self) -> u64 {
        let version = new_version();
        self.version.store(version, Ordering::SeqCst);
        version
    }

    /// Whether no context may go in. The address is what the signal handler looks at.
    #[inline]
    pub(crate) fn stopped(&self) -> &AtomicBool {
        &self.stopped
    }

    /// Sends the signal to all who are at work, but the caller; whether there
    /// are any. None, when the sandbox is not stopped any more.
    pub(crate) fn chase(&self) -> bool {
        if !self.stopped.load(Ordering::Acquire) {
            return false;
        }
        let own = host::signal::thread_id();
        let mut found = false;
        for tid in self.at_work().into_iter().filter(|&tid| tid != own) {
            found = true;
            host::signal::interrupt(tid);
        }
        found
    }

    /// The threads that are at work.
    pub(crate) fn at_work(&self) -> Vec<i32> {
        let present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let threads = present.iter().filter_map(Weak::upgrade).map(|place| place.tid.load(Ordering::Relaxed));
        threads.filter(|&tid| tid != 0).collect()
    }
}

/// A number that no sandbox has had as its version. Never zero.
fn new_version() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// Stops a sandbox from any thread, also when it does not exist any more. A cheap handle.
#[derive(Clone, Debug)]
pub struct Interrupter {
    control: Arc<Control>,
}

impl Interrupter {
    /// Stops the sandbox: no context enters it any more ([`Error::Stopped`]),
    /// and those inside leave ([`Exit::Stopped`](crate::Exit::Stopped)). Calls of
    /// the host that a thread with a [`Presence`] waits in end with `EINTR`.
    ///
    /// Does not wait for that. A context whose thread runs code of the host, in
    /// a system call or a callback, stops when it comes back from there.
    pub fn stop(&self) {
        self.control.stopped.store(true, Ordering::SeqCst);
        self.control.change_version();
        host::signal::fence_all();
        if self.control.chase() {
            let control = Arc::clone(&self.control);
            watch::chase(move || control.chase());
        }
    }

    /// Whether the sandbox is stopped.
    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.control.stopped.load(Ordering::Acquire)
    }
}

impl Sandbox {
    /// What stops this sandbox.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter { control: Arc::clone(self.control()) }
    }

    /// Whether it is stopped: no context may enter.
    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.control().stopped.load(Ordering::Acquire)
    }

    /// Lets contexts enter again after a stop.
    ///
    /// # Errors
    /// [`Error::Busy`] while a thread is at work for it.
    pub fn restart(&self) -> Result<(), Error> {
        // Nobody goes in while it is stopped: who is not there now will not be.
        if !self.control().at_work().is_empty() {
            return Err(Error::Busy);
        }
        self.control().stopped.store(false, Ordering::SeqCst);
        self.control().change_version();
        Ok(())
    }

    /// A place to note that a thread is at work for this sandbox. Who enters
    /// without one is not found when the sandbox is stopped.
    pub fn presence(&self) -> Presence {
        let presence = Presence { place: Arc::default() };
        let mut present = self.control().present.lock().unwrap_or_else(PoisonError::into_inner);
        present.retain(|place| place.strong_count() != 0);
        present.push(Arc::downgrade(&presence.place));
        presence
    }
}

/// Notes which thread is at work for a sandbox: from before it enters until it
/// has left, with everything in between.
#[derive(Debug)]
pub struct Presence {
    place: Arc<Place>,
}

/// What a [`Presence`] was before a thread came.
#[derive(Debug)]
#[must_use]
pub struct Before(i32);

impl Presence {
    /// The calling thread is at work from now on, if it has entered a sandbox
    /// before or was prepared; otherwise it cannot enter one by
    /// [`call`](crate::call). It may be so already.
    #[inline]
    pub fn arrive(&self) -> Before {
        let before = self.place.tid.load(Ordering::Relaxed);
        self.place.tid.store(host::signal::thread_id(), Ordering::Relaxed);
        // The version is read after this, on this processor as others see it by `Interrupter::stop`.
        compiler_fence(Ordering::SeqCst);
        Before(before)
    }

    /// The same, on any thread.
    ///
    /// # Errors
    /// As [`Sandbox::enter`].
    pub fn prepare_and_arrive(&self) -> Result<Before, Error> {
        host::signal::prepare_thread()?;
        Ok(self.arrive())
    }

    /// No thread is at work here, whatever was noted before.
    #[inline]
    pub fn clear(&self) {
        self.place.tid.store(0, Ordering::Release);
    }

    /// The thread has left, or does what it did before.
    #[inline]
    pub fn leave(&self, before: Before) {
        self.place.tid.store(before.0, Ordering::Release);
    }

    /// What makes the thread that is at work here leave the sandbox once.
    pub fn nudger(&self) -> Nudger {
        Nudger { place: Arc::clone(&self.place) }
    }

    /// The thread enters with this context, which is to leave when it is nudged.
    pub fn look_after(&self, context: &mut Context) {
        context.set_place(&self.place);
    }

    /// Whether the thread was nudged since the last time.
    #[inline]
    pub fn take_nudge(&self) -> bool {
        self.place.nudged.load(Ordering::Acquire) && self.place.nudged.swap(false, Ordering::SeqCst)
    }
}

/// Makes one thread that is at work for a sandbox look up, from any other. A cheap handle.
#[derive(Clone, Debug)]
pub struct Nudger {
    place: Arc<Place>,
}

impl Nudger {
    /// The kernel's id of the host's thread, while it is at work.
    pub fn thread(&self) -> Option<i32> {
        Some(self.place.tid.load(Ordering::Relaxed)).filter(|&tid| tid != 0).map(host::signal::id_in_kernel)
    }

    /// The context that the thread has entered with leaves
    /// ([`Exit::Stopped`](crate::Exit::Stopped)) where it is, and a call of the host that
    /// it waits in ends with `EINTR`, until the thread has taken notice
    /// ([`Presence::take_nudge`]).
    pub fn nudge(&self) {
        if self.place.nudged.swap(true, Ordering::SeqCst) {
            return;
        }
        host::signal::fence_all();
        let place = Arc::clone(&self.place);
        let again = move || {
            let tid = place.tid.load(Ordering::Relaxed);
            let waits = tid != 0 && place.nudged.load(Ordering::Acquire);
            if waits {
                host::signal::interrupt(tid);
            }
            waits
        };
        if again() {
            watch::chase(again);
        }
    }
}
