//! Patterns for paths and names.
//!
//! `*` stays within one segment, `**` (as a whole segment) crosses segments, `?` is one character, `[…]` one of a set,
//! `{a,b}` one of several patterns, `\` takes the next character as it is. `/app/**` also matches `/app`. A blank
//! pattern matches nothing.

mod braces;
mod shared;
mod translate;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::{Anchored, MatchKind};

use self::translate::Stars;
use crate::GlobError;

/// How long a pattern may be, in bytes.
pub(crate) const MAX_LENGTH: usize = 1024;
/// How long a pattern may be once values have been put in, in bytes.
const MAX_FILLED: usize = 4 * MAX_LENGTH;
/// How many patterns its braces may stand for.
const MAX_ALTERNATIVES: usize = 64;
/// How much memory deciding may take, in bytes.
const MAX_SIZE: usize = 1 << 20;

/// A compiled pattern. Cheap to clone.
#[derive(Clone)]
pub struct Glob(Arc<Compiled>);

struct Compiled {
    pattern: String,
    automaton: dense::DFA<Vec<u32>>,
    start: StateID,
}

impl Glob {
    /// Compiles a pattern; refuses what it could not decide quickly or would read differently from other dialects.
    pub fn new(pattern: &str) -> Result<Self, GlobError> {
        Self::within(pattern, MAX_LENGTH, Stars::Stay)
    }

    /// The same, but a single star crosses segments as well.
    pub fn crossing(pattern: &str) -> Result<Self, GlobError> {
        Self::within(pattern, MAX_LENGTH, Stars::Cross)
    }

    /// Compiles a pattern into which values have been put, with [`escape`].
    pub(crate) fn filled(pattern: &str) -> Result<Self, GlobError> {
        Self::within(pattern, MAX_FILLED, Stars::Stay)
    }

    fn within(pattern: &str, limit: usize, kind: Stars) -> Result<Self, GlobError> {
        if pattern.len() > limit {
            return Err(GlobError::TooLong(limit));
        }
        match kind {
            Stars::Stay => shared::known_or(pattern, || Self::compile(pattern, kind)).map(Self),
            Stars::Cross => Self::compile(pattern, kind).map(Arc::new).map(Self),
        }
    }

    fn compile(pattern: &str, kind: Stars) -> Result<Compiled, GlobError> {
        let alternatives =
            if pattern.trim().is_empty() { Vec::new() } else { braces::expand(pattern, MAX_ALTERNATIVES)? };
        let regexes =
            alternatives.iter().map(|one| translate::to_regex(one, kind)).collect::<Result<Vec<_>, _>>()?;
        // Nothing between the bars would match the empty string; a blank pattern matches nothing.
        let regex = if regexes.is_empty() { "[^\\s\\S]".to_owned() } else { regexes.join("|") };
        let automaton = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .match_kind(MatchKind::All)
                    .start_kind(StartKind::Anchored)
                    .minimize(false)
                    .dfa_size_limit(Some(MAX_SIZE))
                    .determinize_size_limit(Some(MAX_SIZE)),
            )
            .thompson(thompson::Config::new().nfa_size_limit(Some(MAX_SIZE)))
            .build(&regex)
            .map_err(|_| GlobError::TooComplex)?;
        let start = automaton.universal_start_state(Anchored::Yes).ok_or(GlobError::TooComplex)?;
        Ok(Compiled { pattern: pattern.to_owned(), automaton, start })
    }

    /// How much memory it takes, in bytes. The same pattern is in memory once, however many rules have it.
    pub(crate) fn size(&self) -> usize {
        self.0.automaton.memory_usage() + self.0.pattern.len()
    }

    /// The pattern as it was given.
    pub fn pattern(&self) -> &str {
        &self.0.pattern
    }

    /// How many bytes of the value could be the beginning of something that matches.
    pub fn agrees_up_to(&self, value: &str) -> usize {
        let mut state = self.0.start;
        for (at, byte) in value.bytes().enumerate() {
            state = self.0.automaton.next_state(state, byte);
            if self.0.automaton.is_dead_state(state) {
                return at;
            }
        }
        value.len()
    }

    /// Does the whole value match?
    pub fn matches(&self, value: &str) -> bool {
        let automaton = &self.0.automaton;
        let mut state = self.0.start;
        for byte in value.bytes() {
            state = automaton.next_state(state, byte);
            if automaton.is_dead_state(state) {
                return false;
            }
        }
        automaton.is_match_state(automaton.next_eoi_state(state))
    }
}

/// Where a match stands after some bytes of a value.
pub(crate) type Progress = StateID;

/// Step by step, for deciding about all values at once.
impl Glob {
    pub(crate) fn start(&self) -> Progress {
        self.0.start
    }

    /// After one more byte; `None` if no value that begins so matches.
    pub(crate) fn next(&self, progress: Progress, byte: u8) -> Option<Progress> {
        let next = self.0.automaton.next_state(progress, byte);
        (!self.0.automaton.is_dead_state(next)).then_some(next)
    }

    /// Does the value match if it ends here?
    pub(crate) fn accepts(&self, progress: Progress) -> bool {
        self.0.automaton.is_match_state(self.0.automaton.next_eoi_state(progress))
    }

    /// Whether a byte and the one before it can make a difference.
    pub(crate) fn tells_from_the_one_before(&self, byte: u8) -> bool {
        let classes = self.0.automaton.byte_classes();
        byte > 0 && classes.get(byte) != classes.get(byte - 1)
    }
}

/// The length in bytes of the set `[…]` at the start of a pattern, if it is one.
pub(crate) fn set_length(pattern: &str) -> Option<usize> {
    translate::class_length(pattern)
}

/// Writes a value so that a pattern takes it literally.
pub(crate) fn escape(value: &str, pattern: &mut String) {
    for char in value.chars() {
        // A slash separates segments wherever it comes from.
        if char.is_ascii_punctuation() && char != '/' {
            pattern.push('\\');
        }
        pattern.push(char);
    }
}

/// Patterns are equal when they are written the same.
impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.pattern() == other.pattern()
    }
}

impl Eq for Glob {}

impl Hash for Glob {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pattern().hash(state);
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Glob({:?})", self.pattern())
    }
}
