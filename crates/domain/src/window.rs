//! Windows of time, for temporary roles and privileges.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// From `start` up to but not including `end`. A window whose end is not after its start contains nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeWindow {
    /// The first moment inside.
    pub start: Timestamp,
    /// The first moment after.
    pub end: Timestamp,
}

impl TimeWindow {
    /// The window of `range_ms` milliseconds from `start` on.
    pub fn from_range(start: Timestamp, range_ms: u64) -> Self {
        Self { start, end: start.plus_millis(i64::try_from(range_ms).unwrap_or(i64::MAX)) }
    }

    /// Whether `now` lies inside.
    pub fn contains(&self, now: Timestamp) -> bool {
        self.start <= now && now < self.end
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_window_contains_its_start_but_not_its_end(start: i64, range: u64) {
            let window = TimeWindow::from_range(Timestamp::from_millis(start), range);
            prop_assert_eq!(window.contains(window.start), window.start < window.end);
            prop_assert!(!window.contains(window.end));
            prop_assert!(!window.contains(window.start.plus_millis(-1)) || start == i64::MIN);
        }
    }
}
