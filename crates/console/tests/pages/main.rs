//! Pages through real HTTP, as a browser without scripts asks for them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod browser;
mod explain;
mod frame;
mod groups;
mod identities;
mod roles;
