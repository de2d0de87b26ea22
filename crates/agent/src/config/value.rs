//! Durations, modes, owners, addresses and commands as configurations write them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use vouchsafe_domain::time::parse_ms_range;

use super::raw;
use crate::file::{Access, group_id, user_id};

/// Longest time that a command on change may take, if the configuration sets no other.
const COMMAND_TIME: Duration = Duration::from_mins(5);

/// A program to run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Command {
    /// The program.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// A command that is run when a file changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hook {
    /// What to run.
    pub command: Command,
    /// How long it may take; it is killed then.
    pub timeout: Duration,
}

/// A duration with a unit, between a millisecond and a hundred years.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if text.trim().ends_with(|c: char| c.is_ascii_digit()) {
        return Err("expected a duration with its unit, such as 60s or 5m".to_owned());
    }
    parse_ms_range(text).map(Duration::from_millis).map_err(|error| error.to_string())
}

/// Who may read a file: a mode in octal, an owner and a group by name or number.
pub(super) fn access(
    mode: Option<&str>,
    owner: Option<&str>,
    group: Option<&str>,
) -> Result<Access, (&'static str, String)> {
    let mode = match given(mode) {
        Some(text) => octal(text).map_err(|why| ("permission", why))?,
        None => Access::PRIVATE.mode,
    };
    let id = |name, text: Option<&str>, look_up: fn(&str) -> Option<u32>| match given(text) {
        Some(text) => {
            look_up(text).map(Some).ok_or_else(|| (name, format!("this machine knows no {name} `{text}`")))
        }
        None => Ok(None),
    };
    Ok(Access { mode, owner: id("owner", owner, user_id)?, group: id("group", group, group_id)? })
}

fn octal(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    u32::from_str_radix(digits, 8)
        .ok()
        .filter(|mode| *mode <= 0o777 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or_else(|| format!("`{text}` is no mode; expected octal digits such as \"0640\", at most 0777"))
}

/// An address to listen on; only a port means this machine alone.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    if let Ok(port) = text.trim_start_matches(':').parse() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    numeric
        .as_deref()
        .unwrap_or(text)
        .parse()
        .map_err(|_| format!("`{text}` is no address; expected one such as 127.0.0.1:9100"))
}

/// A text runs in a shell, as with the official agent; a list is a program and its arguments.
pub(super) fn command(raw: raw::Command) -> Result<Option<Command>, String> {
    match raw {
        raw::Command::Shell(text) if text.trim().is_empty() => Ok(None),
        raw::Command::Shell(text) => Ok(Some(shell(text))),
        raw::Command::Program(words) => {
            let mut words = words.into_iter();
            let program = words.next().filter(|program| !program.is_empty());
            let program = program.ok_or("expected a program and its arguments")?;
            Ok(Some(Command { program, arguments: words.collect() }))
        }
    }
}

fn shell(text: String) -> Command {
    let given = std::env::var("SHELL").ok().filter(|shell| !shell.is_empty());
    let (program, flag) = if cfg!(windows) {
        ("cmd".to_owned(), "/C")
    } else {
        (given.unwrap_or_else(|| "sh".to_owned()), "-c")
    };
    Command { program, arguments: vec![flag.to_owned(), text] }
}

/// A command on change. The official agent has no limit of time unless one is set.
pub(super) fn hook(raw: raw::Execute) -> Result<Option<Hook>, (&'static str, String)> {
    let timeout = match raw.timeout.unwrap_or(0) {
        0 => COMMAND_TIME,
        seconds => u64::try_from(seconds)
            .map(Duration::from_secs)
            .map_err(|_| ("timeout", "expected seconds".to_owned()))?,
    };
    let command = raw.command.map(command).transpose().map_err(|why| ("command", why))?.flatten();
    Ok(command.map(|command| Hook { command, timeout }))
}

/// Empty counts as not given.
pub(super) fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// A path that is given; `~` is not expanded.
pub(super) fn path(text: Option<&str>) -> Option<PathBuf> {
    given(text).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_octal_and_no_more_than_permissions() {
        for (text, mode) in [("0600", 0o600), ("600", 0o600), ("0o640", 0o640), ("0777", 0o777)] {
            assert_eq!(octal(text), Ok(mode), "{text}");
        }
        for text in ["invalid", "0800", "4600", "1777", "-1", "+600", "rw-------", "0o"] {
            assert!(octal(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("60s"), Ok(Duration::from_mins(1)));
        for text in ["60", "0s", "soon", ""] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_port_alone_is_on_this_machine() {
        for text in ["9100", ":9100", "127.0.0.1:9100", "localhost:9100"] {
            assert_eq!(address(text).unwrap().to_string(), "127.0.0.1:9100", "{text}");
        }
        assert_eq!(address("[::]:1").unwrap().to_string(), "[::]:1");
        assert!(address("example.com:1").is_err());
    }

    #[test]
    fn owners_that_the_machine_does_not_know_are_refused() {
        assert_eq!(access(None, Some("0"), None).unwrap().owner, Some(0));
        assert_eq!(access(None, None, Some("no-such-group")).unwrap_err().0, "group");
    }
}
