//! What a process was at one time, and the way back.

use crate::{
    fs::Table,
    limits::{CpuSetting, Pairs},
    memory::{Backing, Memory, Region},
    policy::Source,
    process::{Process, lock},
    signal::{Actions, Signals},
    thread::Thread,
};
use lfi_runtime::{Access, Context, Error, HotPages, SandboxRange};
use std::{
    sync::{PoisonError, atomic::Ordering},
    time::Instant,
};

/// What a process with one thread was, but for the contents of its memory, which the
/// runtime keeps.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The thread that it had.
    tid: i32,
    context: Context,
    signals: Signals,
    clear_tid: u64,
    memory: Memory,
    files: Table,
    random: Source,
    actions: Actions,
    umask: u32,
    barriers: bool,
    cpu_time: CpuSetting,
    limits: Pairs,
}

impl Thread {
    /// Keeps what the process is now, for [`Self::reset`]. What was kept before is
    /// forgotten.
    ///
    /// `hot` is shared by the processes of one module, which are used alike.
    ///
    /// # Errors
    /// [`Error::Busy`] when the process has other threads, [`Error::Unsupported`] when it has files open
    /// beside its standard streams, or mapped, a file system in memory, message queues, or memory shared with the host; or as
    /// [`Sandbox::take_snapshot`](lfi_runtime::Sandbox::take_snapshot): the process cannot go on then.
    pub fn take_snapshot(&mut self, hot: &HotPages) -> Result<(), Error> {
        let process = self.process.alone().ok_or(Error::Busy)?;
        let memory = lock(&process.memory).clone();
        let mapped = mapped(process, &memory)?;
        if !process.queues.is_empty() {
            return Err(Error::Unsupported("a snapshot with message queues"));
        }
        let files =
            process.files.save().ok_or(Error::Unsupported("a snapshot with open files or a file system in memory"))?;
        let taken = process.sandbox.take_snapshot(&mapped, hot);
        if let Err(error) = taken {
            process.end(crate::Status::Signalled(libc::SIGKILL));
            return Err(error);
        }
        process.snapshot = Some(Box::new(Snapshot {
            tid: self.tid,
            context: self.context.clone(),
            signals: self.signals.clone(),
            clear_tid: self.clear_tid,
            memory,
            files,
            random: process.random.clone(),
            actions: lock(&process.pending.actions).clone(),
            umask: process.umask.load(Ordering::Relaxed),
            barriers: process.barriers.load(Ordering::Relaxed),
            cpu_time: process.cpu_time.setting(),
            limits: process.resources.all(),
        }));
        Ok(())
    }

    /// Makes the process what it was when the snapshot was taken, also when it has
    /// ended since. Files that it has changed stay so.
    ///
    /// # Errors
    /// [`Error::NoSnapshot`], also when another thread has taken it; [`Error::Busy`] when the process has other
    /// threads; or a failed call of the host: the process cannot go on then.
    pub fn reset(&mut self) -> Result<(), Error> {
        let process = self.process.alone().ok_or(Error::Busy)?;
        // All of them, so that none is forgotten.
        let Process {
            sandbox,
            memory,
            files,
            policy: _,
            random,
            pending,
            timers,
            queues,
            cpu_time,
            file_size: _,
            resources: _,
            life_time,
            umask,
            barriers,
            started,
            threads,
            interrupter,
            runner: _,
            watch: _,
            snapshot,
        } = process;
        let saved = snapshot.as_deref().filter(|saved| saved.tid == self.tid).ok_or(Error::NoSnapshot)?;
        let changed = match sandbox.reset() {
            Ok(changed) => changed,
            Err(error) => {
                process.end(crate::Status::Signalled(libc::SIGKILL));
                return Err(error);
            }
        };
        memory.get_mut().unwrap_or_else(PoisonError::into_inner).restore(&saved.memory, changed);
        files.restore(&saved.files);
        random.clone_from(&saved.random);
        lock(&pending.actions).clone_from(&saved.actions);
        *umask.get_mut() = saved.umask;
        *barriers.get_mut() = saved.barriers;
        *started = Instant::now();
        threads.restart(self.tid);
        self.counters = threads.counters(self.tid);
        // The end of what was is none of what begins now.
        life_time.stop();
        cpu_time.stop();
        interrupter.restart(sandbox)?;
        (self.ended, self.clear_tid) = (None, saved.clear_tid);
        self.asked = None;
        self.context.clone_from(&saved.context);
        timers.clear();
        queues.clear();
        cpu_time.restart(saved.cpu_time);
        life_time.restart();
        pending.clear();
        self.signals.clone_from(&saved.signals);
        let mask = saved.signals.mask;
        let limits = saved.limits;
        process.restore_limits(&limits);
        self.set_mask(mask);
        Ok(())
    }
}

/// What is mapped as data.
fn mapped(process: &Process, memory: &Memory) -> Result<Vec<(SandboxRange, Access)>, Error> {
    let mut mapped = Vec::new();
    for (start, end, Region { access, backing }) in memory.regions.overlapping(0, u64::MAX) {
        match backing {
            Backing::Code => {}
            Backing::File => return Err(Error::Unsupported("a snapshot while files are mapped")),
            Backing::Shared => return Err(Error::Unsupported("a snapshot while memory is shared")),
            Backing::Anonymous | Backing::Image => {
                mapped.push((process.sandbox.range(process.base() + start, end - start)?, access));
            }
        }
    }
    Ok(mapped)
}
