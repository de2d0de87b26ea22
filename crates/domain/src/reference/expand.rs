//! Replacing references by what they refer to, within bounds.

use std::fmt;

use super::parse::{Piece, Target, parse};
use crate::path::SecretPath;

/// The greatest length of an expanded value in bytes: 1 MiB.
pub const EXPANSION_LIMIT: usize = 1 << 20;
/// How many references are looked up for one value at most.
pub const LOOKUP_LIMIT: usize = 10_000;
/// How many levels of references are followed; deeper ones become empty.
pub const MAX_DEPTH: usize = 10;
/// How many bytes of values are read for one value at most.
const READ_LIMIT: usize = 16 * EXPANSION_LIMIT;
/// How many refusals are reported at most.
const DENIED_LIMIT: usize = 100;

/// A folder of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The slug of the environment.
    pub environment: String,
    /// The folder.
    pub path: SecretPath,
}

/// What a reference led to.
#[derive(Clone, PartialEq, Eq)]
pub enum Found {
    /// A secret.
    Value {
        /// Where it came from: references in it are read from there.
        place: Place,
        /// Its name.
        key: String,
        /// Its value, references not expanded.
        value: String,
    },
    /// Nothing is there.
    Missing,
    /// The reader may not see it, with the message to answer.
    Denied(String),
}

/// Shows everything but the value.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { place, key, .. } => {
                f.debug_struct("Value").field("place", place).field("key", key).finish_non_exhaustive()
            }
            Self::Missing => f.write_str("Missing"),
            Self::Denied(message) => f.debug_tuple("Denied").field(message).finish(),
        }
    }
}

/// Where the expansion finds secrets.
pub trait Lookup {
    /// Finds the target of a reference that stands in a value from `context`.
    fn find(&mut self, context: &Place, target: &Target) -> Found;
}

/// Expands the references in `value`, the value of `key` at `start`.
///
/// A missing target, one deeper than [`MAX_DEPTH`] and one that is being expanded already become empty. The error
/// holds the message of every refusal (at most 100), or says that the value passes [`EXPANSION_LIMIT`] or
/// [`LOOKUP_LIMIT`].
pub fn expand<L: Lookup + ?Sized>(
    lookup: &mut L,
    start: &Place,
    key: &str,
    value: &str,
) -> Result<String, Vec<String>> {
    let mut run =
        Run { lookup, output: String::new(), open: Vec::new(), lookups: 0, read: 0, denied: Vec::new() };
    match run.value(start, value) {
        Err(TooMuch) => Err(vec![format!(
            "The references in secret {key} expand to too much: at most {EXPANSION_LIMIT} bytes and \
             {LOOKUP_LIMIT} references are allowed."
        )]),
        Ok(()) if run.denied.is_empty() => Ok(run.output),
        Ok(()) => Err(run.denied),
    }
}

/// A bound was passed.
struct TooMuch;

struct Run<'a, L: ?Sized> {
    lookup: &'a mut L,
    output: String,
    /// The secrets being expanded. Not the first one: `A = "x-${A}-y"` gives `x-x--y-y`.
    open: Vec<(Place, String)>,
    lookups: usize,
    read: usize,
    denied: Vec<String>,
}

impl<L: Lookup + ?Sized> Run<'_, L> {
    fn value(&mut self, place: &Place, value: &str) -> Result<(), TooMuch> {
        self.read = self.read.saturating_add(value.len());
        if self.read > READ_LIMIT {
            return Err(TooMuch);
        }
        for piece in parse(value) {
            match piece {
                Piece::Text(text) if text.len() > EXPANSION_LIMIT - self.output.len() => return Err(TooMuch),
                Piece::Text(text) => self.output.push_str(text),
                Piece::Reference { target, .. } => self.reference(place, &target)?,
            }
        }
        Ok(())
    }

    fn reference(&mut self, context: &Place, target: &Target) -> Result<(), TooMuch> {
        if self.open.len() >= MAX_DEPTH {
            return Ok(());
        }
        self.lookups += 1;
        if self.lookups > LOOKUP_LIMIT {
            return Err(TooMuch);
        }
        match self.lookup.find(context, target) {
            Found::Missing => Ok(()),
            Found::Denied(message) => {
                if self.denied.len() < DENIED_LIMIT && !self.denied.contains(&message) {
                    self.denied.push(message);
                }
                Ok(())
            }
            Found::Value { place, key, value } => {
                let secret = (place, key);
                if self.open.contains(&secret) {
                    return Ok(());
                }
                let place = secret.0.clone();
                self.open.push(secret);
                let result = self.value(&place, &value);
                self.open.pop();
                result
            }
        }
    }
}
