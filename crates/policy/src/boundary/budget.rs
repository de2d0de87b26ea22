//! How much work a comparison may be.

/// Steps of about a nanosecond to ten.
const STEPS: u64 = 20_000_000;

/// What is left of it.
#[derive(Debug)]
pub(super) struct Budget(u64);

/// The work would be more than is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooComplex;

impl Default for Budget {
    fn default() -> Self {
        Self(STEPS)
    }
}

impl Budget {
    /// Takes steps off.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), TooComplex> {
        let left = u64::try_from(steps).ok().and_then(|steps| self.0.checked_sub(steps));
        self.0 = left.unwrap_or(0);
        left.map(drop).ok_or(TooComplex)
    }
}
