//! `--trace`: one line per system call, in the manner of strace.

use crate::{
    process::Process,
    table::{self, Outcome},
    thread::Thread,
};
use std::io::Write;

/// The call, with its arguments shown by their names in the table.
/// Where there are several threads, their ids stand before.
pub(crate) fn call(thread: &Thread, number: u64, arguments: &[u64; 6]) -> String {
    let process = thread.process();
    let tid = if process.threads.were_several() { format!("[{}] ", thread.tid) } else { String::new() };
    let Some(row) = table::find(number) else {
        return format!(
            "{tid}system call {number}({:#x}, {:#x}, {:#x}, ...)",
            arguments[0], arguments[1], arguments[2]
        );
    };
    let shown: Vec<_> =
        row.arguments.iter().zip(arguments).map(|(name, &value)| argument(process, name, value)).collect();
    format!("{tid}{}({})", row.name, shown.join(", "))
}

/// Writes the line, whatever became of standard error.
pub(crate) fn print(line: &str, result: Option<Outcome>) {
    let result = match result {
        None => "?".to_owned(),
        Some(Ok(value)) if value < 0x1_0000 => value.to_string(),
        Some(Ok(value)) => format!("{value:#x}"),
        Some(Err(errno)) => {
            let error = std::io::Error::from(errno).to_string();
            let text = error.split(" (os error").next().unwrap_or_default();
            format!("-{} ({text})", errno.raw_os_error())
        }
    };
    let _ = writeln!(std::io::stderr(), "{line} = {result}");
}

fn argument(process: &Process, name: &str, value: u64) -> String {
    match name {
        "path" | "new_path" | "target" => match process.read_path(value) {
            Ok(text) => format!("{text:?}"),
            Err(_) => format!("{value:#x}"),
        },
        "fd" | "dir" | "new_dir" | "new_fd" => match value as u32 as i32 {
            libc::AT_FDCWD => "AT_FDCWD".to_owned(),
            fd => fd.to_string(),
        },
        "len" | "count" | "offset" | "whence" | "pid" | "tid" | "status" | "signal" => value.cast_signed().to_string(),
        "mode" => format!("{:#o}", value as u32),
        _ => format!("{value:#x}"),
    }
}
