//! What a host is told about system calls, once they have been answered.

use crate::{process::Process, table, table::Outcome};

/// Is told about every system call of a process.
///
/// It runs on the thread that makes the call, after it; other threads can be
/// in there at the same time. If it panics, the process has ended, and the panic goes on in whoever runs the thread.
pub trait Auditor: std::fmt::Debug + Send + Sync {
    /// A call has been answered.
    fn answered(&self, call: &Answered<'_>);
}

/// A system call and its answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answered<'a> {
    /// Its name; none when the layer does not know such a call.
    pub name: Option<&'static str>,
    /// Its number on this target.
    pub number: u64,
    /// Its arguments, as they stood in registers.
    pub arguments: &'a [u64; 6],
    /// The paths that it names.
    pub paths: &'a [AskedPath],
    /// The socket address that it names.
    pub address: &'a [u8],
    /// What it returned, or the error number.
    pub outcome: Result<u64, u16>,
}

/// A path that a call has named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedPath {
    /// It, from the root of the sandbox, without `.`, `..` and empty names. Links
    /// in it have not been looked at.
    pub path: Vec<u8>,
    /// Whether the call changes something there.
    pub write: bool,
}

/// Calls that change what their paths name. `open` and its like have a word of their own.
const WRITING: &[&str] = &[
    "creat",
    "truncate",
    "mkdir",
    "mkdirat",
    "rmdir",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "mknod",
    "mknodat",
    "chmod",
    "fchmodat",
    "fchmodat2",
    "chown",
    "lchown",
    "fchownat",
    "utime",
    "utimes",
    "futimesat",
    "utimensat",
    "setxattr",
    "lsetxattr",
    "removexattr",
    "lremovexattr",
];

/// What a call is about, read before it is answered.
#[derive(Debug)]
pub(crate) struct Question {
    paths: Vec<AskedPath>,
    address: Vec<u8>,
}

impl Question {
    pub(crate) fn new(process: &Process, number: u64, arguments: &[u64; 6]) -> Self {
        let mut question = Self { paths: Vec::new(), address: Vec::new() };
        let Some(row) = table::find(number) else { return question };
        let argument = |name: &str| Some(arguments[row.arguments.iter().position(|known| *known == name)?]);
        let write =
            WRITING.contains(&row.name) || argument("flags").is_some_and(|flags| opens_to_write(row.name, flags));
        for (dir, path) in [("dir", "path"), ("new_dir", "new_path")] {
            let Some(path) = argument(path).and_then(|at| process.read_path(at).ok()) else { continue };
            let dir = argument(dir).map_or(libc::AT_FDCWD, |fd| fd as u32 as i32);
            if let Ok(path) = process.files.path_from_root(dir, path.to_bytes()) {
                question.paths.push(AskedPath { path, write });
            }
        }
        if let (Some(at), Some(len)) = (argument("address"), argument("address_len")) {
            /// `struct sockaddr_storage`.
            const MOST: u64 = 128;
            let mut bytes = vec![0; len.min(MOST) as usize];
            if process.read_bytes(at, &mut bytes).is_ok() {
                question.address = bytes;
            }
        }
        question
    }

    pub(crate) fn answered(&self, auditor: &dyn Auditor, number: u64, arguments: &[u64; 6], outcome: &Outcome) {
        auditor.answered(&Answered {
            name: table::find(number).map(|row| row.name),
            number,
            arguments,
            paths: &self.paths,
            address: &self.address,
            outcome: outcome.map_err(|errno| errno.raw_os_error() as u16),
        });
    }
}

fn opens_to_write(name: &str, flags: u64) -> bool {
    let changing = libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC;
    matches!(name, "open" | "openat") && flags as u32 as i32 & changing != 0
}
