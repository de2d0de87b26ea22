//! How the agent does: for health checks and for Prometheus.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::moment::Moment;

/// An agent that should have woken up this long ago is stuck. More than the longest call takes.
const STUCK: Duration = Duration::from_mins(10);

/// What is counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Count {
    Logins,
    LoginsFailed,
    Renewals,
    RenewalsFailed,
    Polls,
    PollsFailed,
    Writes,
    WritesFailed,
    CommandsRun,
    CommandsFailed,
    ProgramStarts,
    Reloads,
    ReloadsFailed,
}

/// Name, label and meaning of each counter, in the order of [`Count`].
const COUNTERS: [(&str, &str, &str); 13] = [
    ("logins", "ok", "Logins"),
    ("logins", "failed", "Logins"),
    ("renewals", "ok", "Renewals of the token"),
    ("renewals", "failed", "Renewals of the token"),
    ("polls", "ok", "Looks for changed secrets"),
    ("polls", "failed", "Looks for changed secrets"),
    ("writes", "ok", "Files that were written"),
    ("writes", "failed", "Files that were written"),
    ("commands", "ok", "Commands that ran for a changed file"),
    ("commands", "failed", "Commands that ran for a changed file"),
    ("program_starts", "ok", "Starts of the program"),
    ("reloads", "ok", "Reloads of the configuration"),
    ("reloads", "failed", "Reloads of the configuration"),
];

/// How the agent does. Shared by those who do the work and those who ask.
#[derive(Debug, Default)]
pub struct Status {
    counters: [AtomicU64; COUNTERS.len()],
    is_ready: AtomicBool,
    /// Milliseconds of the ticker; 0 for no token.
    token_ends: AtomicU64,
    /// Milliseconds of the ticker.
    wakes: AtomicU64,
}

impl Status {
    pub(crate) fn add(&self, count: Count) {
        self.counters[count as usize].fetch_add(1, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(crate) fn count(&self, count: Count) -> u64 {
        self.counters[count as usize].load(Ordering::Relaxed)
    }

    /// From now on it is ready: logged in, everything rendered and written once.
    pub(crate) fn set_ready(&self) {
        self.is_ready.store(true, Ordering::Relaxed);
    }

    /// Notes when the token ends, and when there is something to do next.
    pub(crate) fn note(&self, token_ends: Option<Moment>, wakes: Moment) {
        self.token_ends.store(token_ends.map_or(0, millis), Ordering::Relaxed);
        self.wakes.store(millis(wakes), Ordering::Relaxed);
    }

    /// Whether it has been logged in, and everything was rendered and written, at some time.
    pub fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed)
    }

    /// Whether it does what is due.
    pub fn is_alive(&self, now: Moment) -> bool {
        let wakes = Moment::after_start(Duration::from_millis(self.wakes.load(Ordering::Relaxed)));
        wakes.until(now) < STUCK
    }

    /// In the text format of Prometheus, version 0.0.4.
    pub fn metrics(&self, now: Moment) -> String {
        let mut text = String::new();
        let mut last = "";
        for (index, (name, outcome, help)) in COUNTERS.iter().enumerate() {
            if *name != last {
                let _ = writeln!(text, "# HELP vouchsafe_agent_{name}_total {help}.");
                let _ = writeln!(text, "# TYPE vouchsafe_agent_{name}_total counter");
                last = name;
            }
            let value = self.counters[index].load(Ordering::Relaxed);
            let _ = writeln!(text, "vouchsafe_agent_{name}_total{{outcome=\"{outcome}\"}} {value}");
        }
        let ends = self.token_ends.load(Ordering::Relaxed);
        let remaining = ends.saturating_sub(millis(now)) / 1000;
        let gauges = [
            ("ready", "Whether everything was rendered and written once", u64::from(self.is_ready())),
            ("token_remaining_seconds", "Until the token expires; 0 without one", remaining),
        ];
        for (name, help, value) in gauges {
            let _ = writeln!(text, "# HELP vouchsafe_agent_{name} {help}.");
            let _ = writeln!(text, "# TYPE vouchsafe_agent_{name} gauge");
            let _ = writeln!(text, "vouchsafe_agent_{name} {value}");
        }
        text
    }
}

fn millis(moment: Moment) -> u64 {
    u64::try_from(Moment::default().until(moment).as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_say_what_happened() {
        let status = Status::default();
        let at = |seconds| Moment::after_start(Duration::from_secs(seconds));
        status.add(Count::Renewals);
        status.add(Count::ReloadsFailed);
        status.note(Some(at(100)), at(30));
        let text = status.metrics(at(40));
        for line in [
            "vouchsafe_agent_renewals_total{outcome=\"ok\"} 1",
            "vouchsafe_agent_reloads_total{outcome=\"failed\"} 1",
            "vouchsafe_agent_logins_total{outcome=\"ok\"} 0",
            "vouchsafe_agent_ready 0",
            "vouchsafe_agent_token_remaining_seconds 60",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
        assert_eq!(text.matches("# TYPE vouchsafe_agent_logins_total counter").count(), 1);
        assert!(status.is_alive(at(600)) && !status.is_alive(at(630)));
    }
}
