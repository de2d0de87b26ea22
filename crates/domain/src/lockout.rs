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
