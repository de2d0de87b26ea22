//! The clock on the wall.

use std::time::SystemTime;

use vouchsafe_domain::time::{Clock, Timestamp};

/// The time of this machine. Replicas should keep theirs in step (NTP): a token's times are compared
/// with it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}
