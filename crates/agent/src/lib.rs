//! Keeps a workload logged in, and its files fresh.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod agent;
mod auth;
mod child;
pub mod config;
mod deposit;
mod environment;
mod file;
pub mod health;
mod hook;
mod job;
mod life;
mod moment;
mod pace;
mod process;
pub mod proxy;
mod rendering;
mod run;
mod session;
mod status;
mod template;
mod trouble;

pub use agent::{Agent, Around};
pub use auth::Auth;
pub use file::Access;
pub use moment::{ManualTicker, Moment, SystemTicker, Ticker};
pub use pace::Pace;
pub use process::code as exit_code;
pub use rendering::{RenderError, render};
pub use run::{Event, Mode, Stopped, run};
pub use status::Status;
