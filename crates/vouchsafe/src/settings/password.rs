//! Passwords of people.

use std::ffi::OsString;
use std::io::Read;

use anyhow::Context;

use super::{path, text, variable};
use crate::failure::Outcome;

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
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(LONGEST).read_to_string(&mut text)
    } else {
        std::fs::File::open(&path).and_then(|file| file.take(LONGEST).read_to_string(&mut text))
    };
    read.with_context(|| format!("cannot read the password from {}", path.display()))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}
