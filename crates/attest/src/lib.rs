//! Auth methods: does this proof show that the caller is who this method was configured for?
//!
//! Every method is one module that implements [`Method`]: its configuration and its check of a
//! proof, and nothing else. Attach, read, update, remove, token settings, lockout and audit are the
//! same code for all of them, in the server.

mod method;
mod token;
mod trusted;
mod universal;

pub use method::{Issue, Method};
pub use token::TokenAuth;
pub use universal::{UniversalAuth, UniversalConfig};

pub use trusted::trusted_ips;
