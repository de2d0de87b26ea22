//! Lockout: after repeated failures a login answers "locked" for a while. A state machine, the time an argument.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// What failures are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum LockoutScope {
    /// By identity: a locked login refuses everyone.
    #[default]
    Identity,
    /// By identity and source network: a locked login refuses those from that network.
    Source,
}

/// When a login locks, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutSettings {
    enabled: bool,
    threshold: i64,
    duration_seconds: i64,
    counter_reset_seconds: i64,
    scope: LockoutScope,
}

/// A lockout setting is out of its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {min} to {max}")]
pub struct InvalidLockoutSettings {
    /// The field as it is called on the wire.
    pub field: &'static str,
    /// The least value.
    pub min: i64,
    /// The greatest value.
    pub max: i64,
}

impl LockoutSettings {
    /// Checks the numbers: `threshold` 1 to 30 failures, `duration_seconds` 30 to 86400, `counter_reset_seconds` 5
    /// to 3600.
    pub fn new(
        enabled: bool,
        threshold: i64,
        duration_seconds: i64,
        counter_reset_seconds: i64,
        scope: LockoutScope,
    ) -> Result<Self, InvalidLockoutSettings> {
        for (field, value, min, max) in [
            ("lockoutThreshold", threshold, 1, 30),
            ("lockoutDurationSeconds", duration_seconds, 30, 86_400),
            ("lockoutCounterResetSeconds", counter_reset_seconds, 5, 3600),
        ] {
            if !(min..=max).contains(&value) {
                return Err(InvalidLockoutSettings { field, min, max });
            }
        }
        Ok(Self { enabled, threshold, duration_seconds, counter_reset_seconds, scope })
    }

    /// Whether failures count at all.
    pub fn enabled(&self) -> bool {
        self.enabled
    }

    /// The number of failures that locks.
    pub fn threshold(&self) -> i64 {
        self.threshold
    }

    /// How long a lock holds, in seconds.
    pub fn duration_seconds(&self) -> i64 {
        self.duration_seconds
    }

    /// After how many seconds without a further failure they are forgotten.
    pub fn counter_reset_seconds(&self) -> i64 {
        self.counter_reset_seconds
    }

    /// What failures are counted by.
    pub fn scope(&self) -> LockoutScope {
        self.scope
    }
}

impl Default for LockoutSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            threshold: 3,
            duration_seconds: 300,
            counter_reset_seconds: 30,
            scope: LockoutScope::Identity,
        }
    }
}

/// The failures so far. No state is no failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockoutState {
    /// How many failures have been counted.
    pub failures: i64,
    /// When the last of them was.
    pub last_failure_at: Timestamp,
    /// Up to but not including when the login is locked; none while counting.
    pub locked_until: Option<Timestamp>,
}

impl LockoutState {
    /// From when on this state means nothing any more and may be deleted.
    pub fn forgotten_at(&self, settings: &LockoutSettings) -> Timestamp {
        self.locked_until.unwrap_or_else(|| self.last_failure_at.plus_seconds(settings.counter_reset_seconds))
    }
}

/// What becomes of a login attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The proof was right.
    Granted,
    /// The proof was wrong.
    Refused,
    /// The login is locked; the proof does not matter.
    Locked,
}

/// Whether a login is locked `now`. Ask before the proof is looked at.
pub fn is_locked(state: &LockoutState, settings: &LockoutSettings, now: Timestamp) -> bool {
    settings.enabled && state.locked_until.is_some_and(|until| now < until)
}

/// One login attempt: the verdict, and the state to keep.
///
/// The failure that reaches the threshold is itself answered [`Verdict::Refused`]; attempts while locked change
/// nothing. When lockout is off nothing is locked or counted, and what was counted is dropped.
pub fn attempt(
    state: Option<LockoutState>,
    settings: &LockoutSettings,
    now: Timestamp,
    proof_ok: bool,
) -> (Verdict, Option<LockoutState>) {
    if state.is_some_and(|state| is_locked(&state, settings, now)) {
        return (Verdict::Locked, state);
    }
    if proof_ok {
        return (Verdict::Granted, None);
    }
    if !settings.enabled {
        return (Verdict::Refused, None);
    }
    let counted = state.filter(|state| now < state.forgotten_at(settings)).map_or(0, |state| state.failures);
    let failures = counted.saturating_add(1);
    let locked_until = (failures >= settings.threshold).then(|| now.plus_seconds(settings.duration_seconds));
    (Verdict::Refused, Some(LockoutState { failures, last_failure_at: now, locked_until }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_000_000);

    fn any_settings() -> impl Strategy<Value = LockoutSettings> {
        (1..=30_i64, 30..=86_400_i64, 5..=3600_i64).prop_map(|(n, lock, reset)| {
            LockoutSettings::new(true, n, lock, reset, LockoutScope::Source).unwrap()
        })
    }

    /// As many failures as the threshold, each `gap_ms` after the one before; the time and state after the last.
    fn lock(settings: &LockoutSettings, gap_ms: i64) -> (Timestamp, Option<LockoutState>) {
        let (mut now, mut state) = (START, None);
        for _ in 0..settings.threshold() {
            now = now.plus_millis(gap_ms);
            let (verdict, next) = attempt(state, settings, now, false);
            assert_eq!(verdict, Verdict::Refused);
            state = next;
        }
        (now, state)
    }

    #[test]
    fn settings_name_the_field_that_is_wrong() {
        let new = |n, lock, reset| LockoutSettings::new(true, n, lock, reset, LockoutScope::Identity);
        assert_eq!(new(3, 300, 30).unwrap(), LockoutSettings::default());
        assert_eq!(new(0, 300, 30).unwrap_err().to_string(), "lockoutThreshold must be 1 to 30");
        assert_eq!(new(3, 29, 30).unwrap_err().field, "lockoutDurationSeconds");
        assert_eq!(new(3, 300, 3601).unwrap_err().field, "lockoutCounterResetSeconds");
        assert_eq!(serde_json::to_string(&LockoutScope::Source).unwrap(), "\"source\"");
    }

    proptest! {
        #[test]
        fn exactly_the_threshold_locks_and_the_lock_ends(
            settings in any_settings(),
            gap_permille in 0..1000_i64,
            tries in prop::collection::vec((0..1000_i64, any::<bool>()), 0..10),
        ) {
            let (locked_at, state) = lock(&settings, settings.counter_reset_seconds() * gap_permille);
            let until = locked_at.plus_seconds(settings.duration_seconds());
            prop_assert_eq!(state.unwrap().locked_until, Some(until));
            // While it holds nothing gets through and nothing changes, whatever the proof.
            for (permille, proof_ok) in tries {
                let now = locked_at.plus_millis(settings.duration_seconds() * permille);
                prop_assert_eq!(attempt(state, &settings, now, proof_ok), (Verdict::Locked, state));
            }
            let last = until.plus_millis(-1);
            prop_assert_eq!(attempt(state, &settings, last, true), (Verdict::Locked, state));
            prop_assert!(is_locked(&state.unwrap(), &settings, last) && !is_locked(&state.unwrap(), &settings, until));
            // Then it is as if nothing had been.
            prop_assert_eq!(attempt(state, &settings, until, true), (Verdict::Granted, None));
            prop_assert_eq!(attempt(state, &settings, until, false), attempt(None, &settings, until, false));
        }

        #[test]
        fn fewer_failures_never_lock_and_success_forgets_them(settings in any_settings(), short_by in 1..30_i64) {
            let mut state = None;
            for _ in 0..(settings.threshold() - short_by) {
                state = attempt(state, &settings, START, false).1;
                prop_assert!(!is_locked(&state.unwrap(), &settings, START));
            }
            prop_assert_eq!(attempt(state, &settings, START, true), (Verdict::Granted, None));
        }

        #[test]
        fn failures_further_apart_than_the_reset_never_lock(settings in any_settings(), count in 1..100) {
            let settings = LockoutSettings { threshold: settings.threshold.max(2), ..settings };
            let (mut now, mut state) = (START, None);
            for _ in 0..count {
                let (verdict, next) = attempt(state, &settings, now, false);
                prop_assert_eq!(verdict, Verdict::Refused);
                prop_assert_eq!(next.unwrap().failures, 1);
                state = next;
                now = now.plus_seconds(settings.counter_reset_seconds());
            }
        }

        #[test]
        fn switched_off_nothing_counts(settings in any_settings(), proofs in prop::collection::vec(any::<bool>(), 1..50)) {
            let off = LockoutSettings { enabled: false, ..settings };
            let (now, locked) = lock(&settings, 0);
            let mut state = locked;
            for proof_ok in proofs {
                let verdict = if proof_ok { Verdict::Granted } else { Verdict::Refused };
                prop_assert_eq!(attempt(state, &off, now, proof_ok), (verdict, None));
                state = None;
            }
        }

        #[test]
        fn a_right_proof_is_granted_exactly_when_not_locked(
            settings in any_settings(),
            steps in prop::collection::vec((0_i64..200_000, prop::bool::weighted(0.2)), 0..200),
        ) {
            let (mut now, mut state) = (START, None);
            for (wait, proof_ok) in steps {
                now = now.plus_millis(wait);
                let locked = state.is_some_and(|s| is_locked(&s, &settings, now));
                let (verdict, next) = attempt(state, &settings, now, proof_ok);
                prop_assert_eq!(verdict == Verdict::Locked, locked);
                prop_assert_eq!(verdict == Verdict::Granted, proof_ok && !locked);
                prop_assert!(next.is_none_or(|s| (1..=settings.threshold()).contains(&s.failures)));
                prop_assert!(next.is_none_or(|s| s.locked_until.is_some() == (s.failures == settings.threshold())));
                state = next;
            }
        }
    }
}
