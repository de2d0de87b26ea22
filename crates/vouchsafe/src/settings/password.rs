//! Passwords of people.

use std::ffi::OsString;

use super::{path, text, variable};
use crate::failure::{Failure, Outcome};
use crate::input;

/// A password is short; whatever is longer than this, in bytes, is something else.
const LONGEST: u64 = 4096;

/// The password that is given: as text, in one of these variables, or in a file (`-` for stdin).
pub(crate) fn given(
    as_text: Option<String>,
    variables: &[&str],
    in_file: Option<OsString>,
) -> Outcome<Option<String>> {
    if let Some(password) = text(as_text, None).or_else(|| variable(variables)) {
        return Ok(Some(password));
    }
    let Some(path) = path(in_file, None) else { return Ok(None) };
    let text = input::text(&path, LONGEST).map_err(|failure| Failure {
        error: failure.error.context(format!("cannot read the password from {}", path.display())),
        ..failure
    })?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}
