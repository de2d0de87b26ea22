//! Auth methods: does this proof show that the caller is who this method was configured for?
//!
//! Every method is one module that implements [`Method`] and, if workloads log in with a proof, [`Login`]: its configuration
//! and its check of a proof, and nothing else. Attach, read, update, remove, login, token settings, lockout, sources,
//! audit and errors are the same code for all of them, in the server.
#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::panic, clippy::unwrap_used))]

mod cloud;
mod context;
pub mod endpoints;
pub mod jose;
mod method;
pub mod net;
pub mod pattern;
mod reason;
mod signed;
mod trusted;

pub mod alicloud;
pub mod aws;
pub mod azure;
pub mod bound;
pub mod gcp;
pub mod jwt;
pub mod kubernetes;
pub mod ldap;
pub mod oci;
pub mod oidc;
pub mod spiffe;
pub mod tls_cert;
mod token;
mod universal;
pub mod x509;

pub use context::{Context, Workshop};
pub use endpoints::Endpoints;
pub use method::{Finding, Findings, Issue, Login, Method, Once, Proven, Sample};
pub use reason::{Reason, Refusal};
pub use token::TokenAuth;
pub use universal::{UniversalAuth, UniversalConfig};

pub use trusted::trusted_ips;
