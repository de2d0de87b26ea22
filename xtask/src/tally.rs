//! Counting what passed and what failed.

use std::ops::AddAssign;

/// How many checks passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// One failure.
    pub(crate) const FAILURE: Self = Self { passed: 0, failed: 1 };

    /// Reads a `test result:` line of cargo test.
    pub(crate) fn of_cargo_line(line: &str) -> Option<Self> {
        let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
        let count =
            |what: &str| counts.split("; ").find_map(|part| part.strip_suffix(what)?.trim().parse().ok());
        Some(Self { passed: count(" passed")?, failed: count(" failed")? })
    }

    /// Reads a line of an SDK suite: `ok NAME` or `FAILED NAME: why`.
    pub(crate) fn of_suite_line(line: &str) -> Option<Self> {
        if line.starts_with("ok ") {
            Some(Self { passed: 1, failed: 0 })
        } else if line.starts_with("FAILED ") {
            Some(Self::FAILURE)
        } else {
            None
        }
    }

    /// Adds a failure where a run said it failed without naming one, or checked nothing at all.
    pub(crate) fn judged(mut self, succeeded: bool) -> Self {
        if self.failed == 0 && (!succeeded || self.passed == 0) {
            self.failed = 1;
        }
        self
    }

    /// Whether something was checked and nothing failed.
    pub(crate) fn is_good(self) -> bool {
        self.passed > 0 && self.failed == 0
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_cargo_lines() {
        let line = "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(Tally::of_cargo_line(line), Some(Tally { passed: 3, failed: 1 }));
        let line =
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s";
        assert_eq!(Tally::of_cargo_line(line), Some(Tally { passed: 12, failed: 0 }));
        assert_eq!(Tally::of_cargo_line("test tests::a ... ok"), None);
    }

    #[test]
    fn reads_suite_lines() {
        assert_eq!(Tally::of_suite_line("ok login"), Some(Tally { passed: 1, failed: 0 }));
        assert_eq!(Tally::of_suite_line("FAILED login: 500"), Some(Tally::FAILURE));
        assert_eq!(Tally::of_suite_line("okay"), None);
    }

    #[test]
    fn a_silent_failure_and_an_empty_run_count_as_failed() {
        assert_eq!(Tally::default().judged(true).failed, 1);
        assert_eq!(Tally { passed: 3, failed: 0 }.judged(false).failed, 1);
        assert_eq!(Tally { passed: 3, failed: 2 }.judged(false).failed, 2);
        assert!(Tally { passed: 3, failed: 0 }.judged(true).is_good());
    }
}
