//! Signals to processes, and how a process ended.

use std::process::ExitStatus;

/// A signal to a process, or to it and all that it started in its own group.
#[cfg(unix)]
pub(crate) fn send(process: u32, signal: i32, to_group: bool) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) else { return };
    let Some(signal) = Signal::from_named_raw(signal) else { return };
    // It may have ended a moment ago, which is as good.
    let _ = if to_group { kill_process_group(pid, signal) } else { kill_process(pid, signal) };
}

/// Signals are a matter of Unix.
#[cfg(not(unix))]
pub(crate) fn send(_: u32, _: i32, _: bool) {}

/// The numbers of the signals that a configuration or a user may send.
pub(crate) const NAMED: [(&str, i32); 7] =
    [("HUP", 1), ("INT", 2), ("QUIT", 3), ("TERM", TERM), ("USR1", USR1), ("USR2", USR2), ("WINCH", WINCH)];
pub(crate) const TERM: i32 = 15;
pub(crate) const KILL: i32 = 9;
const USR1: i32 = if cfg!(target_os = "linux") { 10 } else { 30 };
const USR2: i32 = if cfg!(target_os = "linux") { 12 } else { 31 };
const WINCH: i32 = 28;

/// The number of a signal by its name, with or without `SIG`.
pub(crate) fn signal_number(name: &str) -> Option<i32> {
    let name = name.strip_prefix("SIG").unwrap_or(name);
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

/// The exit code as shells have it: 128 and the signal for a process that a signal ended.
pub fn code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_numbers_are_those_of_the_system() {
        for (name, number) in NAMED {
            assert!(rustix::process::Signal::from_named_raw(number).is_some(), "{name}");
        }
        assert_eq!(signal_number("SIGUSR1"), Some(rustix::process::Signal::USR1.as_raw()));
        assert_eq!(signal_number("USR2"), Some(rustix::process::Signal::USR2.as_raw()));
        assert_eq!(
            (signal_number("HUP"), signal_number("SIGKILL"), signal_number("")),
            (Some(1), None, None)
        );
    }
}
