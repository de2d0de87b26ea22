//! Time as the agent plans by it: a clock that only goes forward, so that a jump of the wall clock changes nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A point in time: how long after the ticker's start. Milliseconds are enough.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Moment(Duration);

impl Moment {
    /// So long after the start.
    pub const fn after_start(since: Duration) -> Self {
        Self(since)
    }

    /// So much later; stops at the end of the range.
    #[must_use]
    pub const fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }

    /// How long from here until `other`; nothing if it is past.
    pub const fn until(self, other: Self) -> Duration {
        other.0.saturating_sub(self.0)
    }
}

/// Where the agent has its time from.
pub trait Ticker: Send + Sync + 'static {
    /// The time now; never less than before.
    fn now(&self) -> Moment;
}

/// The monotonic clock of the system.
#[derive(Debug)]
pub struct SystemTicker(Instant);

impl SystemTicker {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Ticker for SystemTicker {
    fn now(&self) -> Moment {
        Moment(self.0.elapsed())
    }
}

/// A ticker that moves only when told to, for tests. Share it in an `Arc`.
#[derive(Debug, Default)]
pub struct ManualTicker(AtomicU64);

impl ManualTicker {
    /// Moves on.
    pub fn advance(&self, duration: Duration) {
        self.0.fetch_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }
}

impl Ticker for ManualTicker {
    fn now(&self) -> Moment {
        Moment(Duration::from_millis(self.0.load(Ordering::SeqCst)))
    }
}

impl<T: Ticker + ?Sized> Ticker for std::sync::Arc<T> {
    fn now(&self) -> Moment {
        (**self).now()
    }
}
