//! Patterns for paths and names.
//!
//! `*` stays within one segment, `**` (as a whole segment) crosses segments, `?` is one character, `[…]` one of a set,
//! `{a,b}` one of several patterns, `\` takes the next character as it is. `/app/**` also matches `/app`. A blank
//! pattern matches nothing.

mod braces;
mod translate;

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::{Anchored, MatchKind};

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
        Self::within(pattern, MAX_LENGTH)
    }

    /// Compiles a pattern into which values have been put, with [`escape`].
    pub(crate) fn filled(pattern: &str) -> Result<Self, GlobError> {
        Self::within(pattern, MAX_FILLED)
    }

    fn within(pattern: &str, limit: usize) -> Result<Self, GlobError> {
        if pattern.len() > limit {
            return Err(GlobError::TooLong(limit));
        }
        let alternatives =
            if pattern.trim().is_empty() { Vec::new() } else { braces::expand(pattern, MAX_ALTERNATIVES)? };
        let regexes =
            alternatives.iter().map(|one| translate::to_regex(one)).collect::<Result<Vec<_>, _>>()?;
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
        Ok(Self(Arc::new(Compiled { pattern: pattern.to_owned(), automaton, start })))
    }

    /// The pattern as it was given.
    pub fn pattern(&self) -> &str {
        &self.0.pattern
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

impl Glob {
    /// A short value that matches, made of what the pattern itself is made of; not always found.
    pub(crate) fn sample(&self) -> Option<String> {
        let automaton = &self.0.automaton;
        let mut alphabet: Vec<u8> = self.pattern().bytes().chain(*b"x/").collect();
        alphabet.sort_unstable();
        alphabet.dedup();
        let mut seen = HashSet::from([self.0.start]);
        let mut queue = VecDeque::from([(self.0.start, Vec::new())]);
        while let Some((state, value)) = queue.pop_front() {
            if !value.is_empty() && automaton.is_match_state(automaton.next_eoi_state(state)) {
                return String::from_utf8(value).ok();
            }
            for &byte in &alphabet {
                let next = automaton.next_state(state, byte);
                if !automaton.is_dead_state(next) && seen.insert(next) {
                    let longer = value.iter().copied().chain([byte]).collect();
                    queue.push_back((next, longer));
                }
            }
        }
        None
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

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Glob({:?})", self.pattern())
    }
}
