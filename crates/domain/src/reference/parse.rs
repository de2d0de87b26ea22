//! Finding the references in a value.

use std::fmt;

use crate::path::SecretPath;

/// A part of a value. The parts put together again are the value.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Plain text, also what looks like a reference and is none.
    Text(&'a str),
    /// A reference.
    Reference {
        /// As it stands in the value, with `${` and `}`.
        raw: &'a str,
        /// What it refers to.
        target: Target,
    },
}

/// Shows where the references go, and of the text only its length: values are secret.
impl fmt::Debug for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Reference { target, .. } => f.debug_tuple("Reference").field(target).finish(),
        }
    }
}

/// What a reference refers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// `${KEY}`: in the environment and folder that the value came from.
    Local {
        /// The name of the secret.
        key: String,
    },
    /// `${env.KEY}` or `${env.folder.sub.KEY}`.
    Absolute {
        /// The slug of the environment.
        environment: String,
        /// The folder.
        path: SecretPath,
        /// The name of the secret.
        key: String,
    },
}

/// Splits a value at its references. Time grows with the length of the value only.
pub fn parse(value: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut text_start = 0;
    let mut at = 0;
    while let Some(offset) = value[at..].find("${") {
        let start = at + offset;
        match reference_at(&value[start..]) {
            Some((length, target)) => {
                if text_start < start {
                    pieces.push(Piece::Text(&value[text_start..start]));
                }
                at = start + length;
                pieces.push(Piece::Reference { raw: &value[start..at], target });
                text_start = at;
            }
            None => at = start + 2,
        }
    }
    if text_start < value.len() {
        pieces.push(Piece::Text(&value[text_start..]));
    }
    pieces
}

/// The reference that `text`, which begins with `${`, begins with, and its length in bytes.
fn reference_at(text: &str) -> Option<(usize, Target)> {
    // Stopping at the first character that cannot be inside keeps the whole parse linear: `$` is one.
    let inside = &text[2..];
    let end = inside.find(|c: char| !is_key_character(c) && !c.is_whitespace())?;
    if !inside[end..].starts_with('}') {
        return None;
    }
    Some((2 + end + 1, target(inside[..end].trim())?))
}

fn target(content: &str) -> Option<Target> {
    let parts: Vec<&str> = content.split('.').collect();
    if parts.iter().any(|part| part.is_empty() || !part.chars().all(is_key_character)) {
        return None;
    }
    match parts.as_slice() {
        [] => None,
        [key] => Some(Target::Local { key: (*key).to_owned() }),
        [environment, folders @ .., key] => Some(Target::Absolute {
            environment: (*environment).to_owned(),
            path: SecretPath::parse(&folders.join("/")).ok()?,
            key: (*key).to_owned(),
        }),
    }
}

fn is_key_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}
