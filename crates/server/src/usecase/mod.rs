//! What several routes do: kept here once.

pub mod first_start;
pub mod secrets;
pub mod tokens;
