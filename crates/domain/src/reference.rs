//! References between secrets: `${KEY}` and `${env.folder.KEY}` in a value.

mod expand;
mod parse;

pub use expand::{EXPANSION_LIMIT, Found, LOOKUP_LIMIT, Lookup, MAX_DEPTH, Place, expand};
pub use parse::{Piece, Target, parse};
