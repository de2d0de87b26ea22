//! Which credentials were looked for, where, and what became of it.

use serde::Serialize;

/// One place that was looked at.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// Where: the name of a variable or flag, a path, an address. Never a secret.
    pub place: String,
    /// What was found there, or why nothing was. Never a secret.
    pub what: String,
    /// Whether it is what was taken.
    pub taken: bool,
}

/// Everything that was looked at, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Trail(Vec<Finding>);

impl Trail {
    /// Notes that a place had nothing, or something that was not taken.
    pub fn passed(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.0.push(Finding { place: place.into(), what: what.into(), taken: false });
    }

    /// Notes that what was found in a place was taken.
    pub fn took(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.0.push(Finding { place: place.into(), what: what.into(), taken: true });
    }

    /// What was noted, in order.
    pub fn findings(&self) -> &[Finding] {
        &self.0
    }
}
