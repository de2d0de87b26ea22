//! What a process has used, out of `/proc`.

use std::ops::Sub;
use std::time::Duration;

use anyhow::{Context, Result};

/// CPU time, user and system, of the server itself and of the database processes it keeps busy.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cpu {
    pub(crate) server: Duration,
    pub(crate) database: Duration,
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            server: self.server.saturating_sub(earlier.server),
            database: self.database.saturating_sub(earlier.database),
        }
    }
}

/// The processes behind what is measured.
#[derive(Clone, Copy)]
pub(crate) struct Processes {
    pub(crate) server: u32,
    /// The postmaster, if the server uses one.
    pub(crate) postmaster: Option<u32>,
}

impl Processes {
    /// CPU time until now.
    pub(crate) fn cpu(self) -> Result<Cpu> {
        let server = stat(self.server).context("the server is gone")?.cpu;
        let database = match self.postmaster {
            None => Duration::ZERO,
            Some(postmaster) => stats()?
                .filter(|stat| stat.id == postmaster || stat.parent == postmaster)
                .map(|stat| stat.cpu)
                .sum(),
        };
        Ok(Cpu { server, database })
    }

    /// Resident memory of the server, in bytes.
    pub(crate) fn memory(self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server))?;
        let kib = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
        kib.map(|kib: u64| kib * 1024).context("no VmRSS")
    }
}

struct Stat {
    id: u32,
    parent: u32,
    cpu: Duration,
}

fn stats() -> Result<impl Iterator<Item = Stat>> {
    let entries = std::fs::read_dir("/proc")?.flatten();
    Ok(entries.filter_map(|entry| stat(entry.file_name().to_str()?.parse().ok()?)))
}

fn stat(id: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, in brackets, may contain anything; fields are counted from behind it, starting with the third.
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
    let parent = fields.nth(1)?.parse().ok()?;
    let user: u64 = fields.nth(9)?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    let ticks_per_second = rustix::param::clock_ticks_per_second();
    Some(Stat { id, parent, cpu: Duration::from_millis((user + system) * 1000 / ticks_per_second) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_numbers() {
        let own = stat(std::process::id()).map(|stat| (stat.id, stat.parent));
        assert_eq!(own, Some((std::process::id(), std::os::unix::process::parent_id())));
        let own = Processes { server: std::process::id(), postmaster: None };
        assert!(own.memory().is_ok_and(|bytes| bytes > 1 << 20));
    }
}
