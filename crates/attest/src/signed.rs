//! When a signed request was signed.

use vouchsafe_domain::time::Timestamp;

use crate::reason::{Reason, Refusal};

/// How old a signed request may be, and how far ahead of us its signer's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshness {
    /// Seconds since it was signed.
    pub(crate) most_age: i64,
    /// Seconds.
    pub(crate) skew: i64,
}

impl Freshness {
    /// Refuses a request that is too old, or signed in the future.
    pub(crate) fn check(self, signed_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
        if signed_at > now.plus_seconds(self.skew) {
            let why = format!("the request is signed at {signed_at}, which is still to come");
            return Err(Refusal::new(Reason::NotYetValid, why));
        }
        if signed_at.plus_seconds(self.most_age) <= now {
            let why = format!("the request was signed at {signed_at}, more than {} s ago", self.most_age);
            return Err(Refusal::new(Reason::Expired, why));
        }
        Ok(())
    }

    /// Until when a request has to be remembered that may be used only once.
    pub(crate) fn until(self, signed_at: Timestamp) -> Timestamp {
        signed_at.plus_seconds(self.most_age + self.skew)
    }
}
