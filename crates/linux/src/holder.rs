//! What a thread has of its process.
#![allow(unsafe_code)] // a process changes its owner in place

use crate::process::Process;
use lfi_abi::Returns;
use lfi_runtime::Held;
use std::{ops::Deref, ptr, sync::Arc};

/// What a thread has of its process: all of it, until there is a second thread. In
/// an exclusive sandbox there is never one.
///
/// There is no third case, which every call of a function would have to look for.
#[derive(Debug)]
pub(crate) enum Holder {
    Alone(Box<Process>),
    Shared(Arc<Process>),
}

impl Holder {
    /// The sandbox, as the runtime wants to have it.
    #[inline]
    pub(crate) fn held(&mut self) -> Held<'_> {
        match self {
            Self::Alone(process) => Held::Alone(&mut process.sandbox),
            Self::Shared(process) => Held::Shared(&process.sandbox),
        }
    }

    /// The process, if nobody else has it.
    pub(crate) fn alone(&mut self) -> Option<&mut Process> {
        match self {
            Self::Alone(process) => Some(process),
            Self::Shared(process) => Arc::get_mut(process),
        }
    }

    /// Whether there is no second thread, ever.
    pub(crate) fn is_exclusive(&self) -> bool {
        self.sandbox.returns() == Returns::Ret
    }

    /// The process, for another thread to have, too; none when its sandbox is exclusive.
    pub(crate) fn share(&mut self) -> Option<&Arc<Process>> {
        if self.is_exclusive() {
            return None;
        }
        if let Self::Alone(process) = self {
            // SAFETY: what is read here is overwritten below without being dropped. In between is a move into new memory
            // only, which does not unwind: without memory it aborts.
            let shared = Self::Shared(Arc::from(unsafe { ptr::read(process) }));
            // SAFETY: the place is ours, and what was there has moved.
            unsafe { ptr::write(self, shared) };
        }
        match self {
            Self::Alone(_) => None,
            Self::Shared(process) => Some(process),
        }
    }
}

impl Deref for Holder {
    type Target = Process;

    #[inline]
    fn deref(&self) -> &Process {
        match self {
            Self::Alone(process) => process,
            Self::Shared(process) => process,
        }
    }
}
