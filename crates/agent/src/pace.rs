//! How long to wait after a failure: twice as long each time, with jitter, up to a cap.

use std::time::Duration;

/// No two tries are closer together than this, whatever a configuration or a server says.
pub(crate) const SHORTEST: Duration = Duration::from_secs(1);
/// A server may ask for at most this much patience with `Retry-After`.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_hours(1);

/// The waits after failures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pace {
    /// After the first failure.
    pub first: Duration,
    /// At most.
    pub cap: Duration,
}

impl Pace {
    /// When a server cannot be reached or is in trouble: a second at first, five minutes at most.
    pub const TROUBLE: Self = Self { first: SHORTEST, cap: Duration::from_mins(5) };
    /// When a login was refused. Slow from the start: servers lock a login after a few failures within half a
    /// minute, and the same proof will hardly be accepted soon.
    pub const REFUSED: Self = Self { first: Duration::from_mins(1), cap: Duration::from_mins(5) };

    /// How long to wait after this many failures in a row. `chance` is at least 0 and less than 1, and spreads the
    /// wait over its upper half, so that many agents do not come back at once.
    pub(crate) fn delay(self, failures: u32, chance: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let full = self.first.saturating_mul(1 << doublings).min(self.cap);
        let half = full / 2;
        (half + half.mul_f64(chance.clamp(0.0, 1.0))).max(SHORTEST)
    }

    /// The same, but not before what the server asked for.
    pub(crate) fn delay_asked(self, failures: u32, chance: f64, asked: Option<Duration>) -> Duration {
        self.delay(failures, chance).max(asked.unwrap_or_default().min(LONGEST_ASKED))
    }

    /// With a lower cap, if this one is lower.
    #[must_use]
    pub(crate) fn capped(self, cap: Duration) -> Self {
        Self { first: self.first, cap: self.cap.min(cap).max(SHORTEST) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_double_up_to_the_cap() {
        let seconds: Vec<u64> =
            (1..=12).map(|failures| Pace::TROUBLE.delay(failures, 1.0).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(Pace::TROUBLE.delay(12, 0.0).as_secs(), 150);
        assert!(Pace::REFUSED.delay(1, 0.0) >= Duration::from_secs(30), "three of these lock a login");
    }

    #[test]
    fn a_server_may_ask_for_more_within_bounds() {
        let asked = |seconds| Pace::TROUBLE.delay_asked(1, 1.0, Some(Duration::from_secs(seconds))).as_secs();
        assert_eq!((asked(0), asked(90), asked(u64::MAX)), (1, 90, 3600));
    }

    proptest! {
        #[test]
        fn never_less_than_a_second_nor_more_than_the_cap(
            first in 0_u64..10_000, cap in 0_u64..600_000, failures: u32, chance in 0.0..1.0_f64,
        ) {
            let pace = Pace { first: Duration::from_millis(first), cap: Duration::from_millis(cap) };
            let delay = pace.delay(failures, chance);
            prop_assert!(delay >= SHORTEST);
            prop_assert!(delay <= pace.cap.max(SHORTEST));
            prop_assert!(pace.delay(failures.saturating_add(1), chance) >= delay);
        }
    }
}
