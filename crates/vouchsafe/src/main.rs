//! The `vouchsafe` binary.
fn main() {}
