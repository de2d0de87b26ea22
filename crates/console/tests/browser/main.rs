//! The console in a real browser. Needs the driver and the checker that `cargo xtask test` starts; by hand:
//! `cargo xtask browser`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod auth_methods;
mod every_page;
mod lockout;
#[path = "../common/methods.rs"]
mod methods;
mod phone;
mod privileges;
mod roles;
mod window;
mod workflow;
