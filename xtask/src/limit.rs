//! Programs that may not end by themselves: they run below timeout(1), which
//! kills them with all that they have started.

use std::{
    os::unix::process::ExitStatusExt,
    process::{Command, ExitStatus},
    time::Duration,
};

/// A command that runs what is appended for so long at most.
pub(crate) fn within(limit: Duration) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", &format!("{}s", limit.as_secs())]);
    command
}

/// Whether the time was over before the program was. One that SIGKILL has ended otherwise looks the same.
pub(crate) fn expired(status: ExitStatus) -> bool {
    const SIGKILL: i32 = 9;
    status.signal() == Some(SIGKILL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_takes_too_long_expires() {
        let status = |script: &str| within(Duration::from_secs(1)).args(["sh", "-c", script]).status().unwrap();
        assert!(expired(status("sleep 60")));
        assert!(!expired(status("kill -TERM $$")));
        assert_eq!(status("exit 3").code(), Some(3));
    }
}
