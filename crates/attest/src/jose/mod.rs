//! Foreign JWTs and the keys that verify them (RFC 7515, 7517, 7518, 7519, 8037; advice of RFC 8725).
//!
//! What somebody presents is an [`UnverifiedJwt`]: its claims can be looked at to find out which key to ask for, and
//! are believed only after [`UnverifiedJwt::verify`]. Which algorithms are accepted says the source, never the token.

mod algorithm;
mod cache;
mod fetch;
mod key;
mod memory;
mod set;
mod small_order;
mod source;
mod times;
mod token;

pub use algorithm::{Algorithm, Algorithms};
pub use cache::{FRESH, INTERVAL, KeySets, Keys, PATIENCE, Refresh, STALE};
pub use fetch::SetAddress;
pub use key::PublicKey;
pub use memory::{Memory, ProcessMemory, Remembering};
pub use set::{InvalidKeys, Key, KeySet};
pub use source::KeySource;
pub use times::{TimeRules, check_times};
pub use token::{Claims, JwtError, TokenType, UnverifiedJwt};
