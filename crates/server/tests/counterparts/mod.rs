//! Counterparts of auth methods on loopback: what answers in place of clouds, and what signs in place of issuers. Tests of
//! the server and of the command line include this.
#![allow(dead_code, reason = "each test uses some of it")]
#![allow(clippy::disallowed_methods, reason = "tests call their own servers")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub(crate) mod alibaba;
pub(crate) mod directory;
pub(crate) mod entra;
pub(crate) mod fake;
pub(crate) mod fake_keys;
pub(crate) mod google;
pub(crate) mod mint;
pub(crate) mod mint_rsa;
pub(crate) mod moto;
pub(crate) mod oracle;
