//! The console in a real browser. Needs the driver and the checker that `cargo xtask test` starts; by hand:
//! `cargo xtask browser`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod every_page;
mod roles;
mod window;
mod workflow;
