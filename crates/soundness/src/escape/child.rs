//! Runs something in a child process, so that an escape does not end the caller.

use super::Result;
use std::{
    io::{Error, ErrorKind, Read, Write},
    os::fd::{FromRawFd, OwnedFd},
};

/// Runs `body` in a copy of this process, of the calling thread only, and gives its result.
/// The child has no signal handlers.
///
/// # Errors
/// The error of `body`, the signal that ended the child, or a failure of the host.
pub fn in_child(body: impl FnOnce() -> Result<()>) -> Result<()> {
    let (from_child, to_parent) = pipe()?;
    // SAFETY: the caller has one thread, or the body gets along without what others hold.
    match unsafe { libc::fork() } {
        -1 => Err(Error::last_os_error().into()),
        0 => {
            drop(from_child);
            for signal in 1..=31 {
                // SAFETY: the default action.
                unsafe { libc::signal(signal, libc::SIG_DFL) };
            }
            let status = body().map_or_else(
                |error| {
                    // Without a message it is a failure, too.
                    let _ = std::fs::File::from(to_parent).write_all(error.to_string().as_bytes());
                    1
                },
                |()| 0,
            );
            // SAFETY: ends the process at once; nothing of the parent's is to be run here.
            unsafe { libc::_exit(status) }
        }
        pid => {
            drop(to_parent);
            let mut message = String::new();
            let read = std::fs::File::from(from_child).read_to_string(&mut message);
            let mut status = 0;
            // SAFETY: waits for a child that nobody else knows of.
            while unsafe { libc::waitpid(pid, &raw mut status, 0) } < 0 {
                let error = Error::last_os_error();
                if error.kind() != ErrorKind::Interrupted {
                    return Err(error.into());
                }
            }
            read?;
            match status {
                0 => Ok(()),
                _ if libc::WIFSIGNALED(status) => {
                    Err(format!("the child died of signal {}", libc::WTERMSIG(status)).into())
                }
                _ => Err(message.into()),
            }
        }
    }
}

fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: fills in two descriptors.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return Err(Error::last_os_error().into());
    }
    // SAFETY: new, and nobody else's.
    let own = |descriptor| unsafe { OwnedFd::from_raw_fd(descriptor) };
    Ok((own(ends[0]), own(ends[1])))
}
