//! The server: HTTP API and background work.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod access;
pub mod app;
pub mod auth;
pub mod background;
pub mod cache;
pub mod clock;
pub mod denials;
pub mod grants;
pub mod http;
pub mod memory;
pub mod metrics;
pub mod passwords;
pub mod rules;
pub mod settings;
pub mod start;
mod timer;
pub mod tls;
mod turns;
pub mod usecase;

pub use ::http::HeaderName;
pub use app::App;
pub use clock::SystemClock;
pub use settings::{Pace, Settings};
pub use vouchsafe_attest::Endpoints;
