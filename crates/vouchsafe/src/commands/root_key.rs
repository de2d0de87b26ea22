//! `vouchsafe root-key generate`.

use vouchsafe_keys::RootKey;

use crate::failure::Outcome;
use crate::printer::Printer;

/// Prints a new root key.
pub(super) fn generate(printer: &Printer) -> Outcome {
    printer.data(RootKey::generate().to_base64().as_str())
}
