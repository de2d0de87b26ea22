//! Keeps a workload logged in, and its files fresh.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod file;
mod life;
mod moment;
mod pace;

pub use moment::{ManualTicker, Moment, SystemTicker, Ticker};
pub use pace::Pace;
