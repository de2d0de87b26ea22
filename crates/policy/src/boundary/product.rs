//! All patterns of one field, run side by side.

use std::collections::{HashMap, VecDeque};

use super::budget::{Budget, TooComplex};
use super::universe::{self, Universe, Walk};
use crate::Glob;
use crate::glob::Progress;

/// Stands for every character that no pattern and no literal names, as long as all of these are plain ASCII.
const OTHER: u8 = 1;

/// Which of the patterns match, and a value for which it is so.
pub(super) type Kind = (Vec<usize>, String);

/// Every set of patterns that are all and only those that match some value that exists and is none of the literals.
/// The literals are sorted and differ.
pub(super) fn kinds(
    universe: Universe,
    globs: &[&Glob],
    literals: &[&str],
    budget: &mut Budget,
) -> Result<Vec<Kind>, TooComplex> {
    let run = Run { universe, globs, literals, alphabet: alphabet(globs, literals) };
    run.explore(budget)
}

struct Run<'a> {
    universe: Universe,
    globs: &'a [&'a Glob],
    literals: &'a [&'a str],
    alphabet: Vec<u8>,
}

/// What matters of the bytes so far.
#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    walk: Walk,
    /// The literals that begin with all bytes so far, as a range; how many bytes, if there is one.
    literals: (usize, usize),
    length: usize,
    /// The patterns that can still match, and how far they are.
    live: Box<[(usize, Progress)]>,
}

impl Run<'_> {
    fn explore(&self, budget: &mut Budget) -> Result<Vec<Kind>, TooComplex> {
        let mut kinds: HashMap<Vec<usize>, String> = HashMap::new();
        let mut found = Vec::new();
        let mut seen: HashMap<State, usize> = HashMap::new();
        // How each state was first reached.
        let mut reached: Vec<(usize, u8)> = Vec::new();
        let mut queue = VecDeque::from([(self.start(), 0_usize)]);
        seen.insert(self.start(), 0);
        reached.push((0, 0));
        while let Some((state, at)) = queue.pop_front() {
            if let Some(matching) = self.ends(&state)
                && !kinds.contains_key(&matching)
            {
                let value = value(&reached, at);
                kinds.insert(matching.clone(), value.clone());
                found.push((matching, value));
            }
            for &byte in &self.alphabet {
                budget.spend(10 + 2 * state.live.len())?;
                let Some(next) = self.step(&state, byte) else { continue };
                if !seen.contains_key(&next) {
                    let number = reached.len();
                    seen.insert(next.clone(), number);
                    reached.push((at, byte));
                    queue.push_back((next, number));
                }
            }
        }
        Ok(found)
    }

    fn start(&self) -> State {
        State {
            walk: Walk::START,
            literals: (0, self.literals.len()),
            length: 0,
            live: self.globs.iter().map(|glob| glob.start()).enumerate().collect(),
        }
    }

    fn step(&self, state: &State, byte: u8) -> Option<State> {
        let walk = self.universe.next(state.walk, byte)?;
        let next =
            |&(at, progress): &(usize, Progress)| Some((at, self.globs.get(at)?.next(progress, byte)?));
        let live = state.live.iter().filter_map(next).collect();
        let literals = self.narrowed(state, byte);
        let length = if literals.0 == literals.1 { 0 } else { state.length + 1 };
        Some(State { walk, literals, length, live })
    }

    /// The literals of a state that go on with this byte; `(0, 0)` if none does.
    fn narrowed(&self, state: &State, byte: u8) -> (usize, usize) {
        let (from, to) = state.literals;
        let begun = &self.literals[from..to];
        let next = |literal: &&str| literal.as_bytes().get(state.length).copied();
        let first = from + begun.partition_point(|literal| next(literal) < Some(byte));
        let last = from + begun.partition_point(|literal| next(literal) <= Some(byte));
        if first == last { (0, 0) } else { (first, last) }
    }

    /// The patterns that match if the value ends here; `None` if no such value exists, or it is a literal.
    fn ends(&self, state: &State) -> Option<Vec<usize>> {
        let (from, to) = state.literals;
        let is_literal = from < to && self.literals[from].len() == state.length;
        if is_literal || !self.universe.accepts(state.walk) {
            return None;
        }
        let matching = state.live.iter().filter(|(at, progress)| self.globs[*at].accepts(*progress));
        Some(matching.map(|(at, _)| *at).collect())
    }
}

/// The value by which a state was first reached.
fn value(reached: &[(usize, u8)], mut at: usize) -> String {
    let mut bytes = Vec::new();
    while at > 0 {
        let (before, byte) = reached[at];
        bytes.push(byte);
        at = before;
    }
    bytes.reverse();
    // Not ASCII, so as good as any other character that is not named.
    String::from_utf8_lossy(&bytes).replace('\u{1}', "é")
}

/// One byte for each set of bytes that nothing tells apart, those that read best first.
fn alphabet(globs: &[&Glob], literals: &[&str]) -> Vec<u8> {
    let plain = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let is_plain = globs.iter().all(|glob| plain(glob.pattern())) && literals.iter().all(|text| plain(text));
    let mut begins = [false; 256];
    for literal in literals {
        for byte in literal.bytes() {
            begins[usize::from(byte)] = true;
            begins[usize::from(byte.saturating_add(1))] = true;
        }
    }
    let mut classes: Vec<Vec<u8>> = Vec::new();
    for byte in 0..=u8::MAX {
        let differs = begins[usize::from(byte)]
            || universe::tells_from_the_one_before(byte)
            || globs.iter().any(|glob| glob.tells_from_the_one_before(byte));
        match classes.last_mut() {
            Some(class) if !differs => class.push(byte),
            _ => classes.push(vec![byte]),
        }
    }
    let best = |class: Vec<u8>| class.into_iter().min_by_key(|byte| (niceness(*byte), *byte));
    let mut alphabet: Vec<u8> = classes.into_iter().filter_map(best).collect();
    if is_plain {
        alphabet.retain(|byte| (b' '..=b'~').contains(byte));
        alphabet.push(OTHER);
    }
    alphabet.sort_by_key(|byte| (niceness(*byte), *byte));
    alphabet
}

/// How well a byte reads in an example; less is better.
fn niceness(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => 0,
        b'0'..=b'9' => 1,
        b'A'..=b'Z' => 2,
        b'-' | b'_' | b'/' => 3,
        b'!'..=b'~' => 4,
        b' ' => 5,
        0x80.. => 6,
        _ => 7,
    }
}
