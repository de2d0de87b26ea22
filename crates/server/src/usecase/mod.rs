//! What several routes do: kept here once.

pub mod tokens;
