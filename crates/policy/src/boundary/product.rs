//! All patterns of one field, run side by side.

use std::hash::{BuildHasher as _, BuildHasherDefault};

use super::budget::{Budget, TooComplex};
use super::quick_hash::{QuickHasher, QuickMap, QuickSet};
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
    let run = Run { universe, globs, literals };
    let mut states = States::default();
    states.add(run.start(), run.globs.iter().map(|glob| glob.start()).zip(0..).collect(), (0, 0));
    let alphabet = alphabet(globs, literals);
    let mut known: QuickSet<Vec<usize>> = QuickSet::default();
    let mut kinds = Vec::new();
    let mut scratch = Vec::new();
    let mut at = 0;
    while let Some(state) = states.all.get(at).copied() {
        if let Some(matching) = run.ends(&state, states.live(&state))
            && known.insert(matching.clone())
        {
            kinds.push((matching, states.value(at)));
        }
        for &byte in &alphabet {
            budget.spend(15 + 3 * states.live(&state).len())?;
            if let Some(next) = run.step(&state, states.live(&state), byte, &mut scratch) {
                scratch = states.add(next, scratch, (at, byte));
            }
        }
        at += 1;
    }
    Ok(kinds)
}

/// The patterns that can still match, and how far they are.
type Live = (Progress, u32);

/// What matters of the bytes so far, besides the patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Head {
    walk: Walk,
    /// The literals that begin with all bytes so far, as a range; how many bytes, if there is one.
    literals: (usize, usize),
    length: usize,
}

#[derive(Debug, Clone, Copy)]
struct State {
    head: Head,
    /// Where its patterns are in the common list.
    live: (usize, usize),
    /// How it was first reached: from which state, by which byte.
    reached: (usize, u8),
    /// An older state with the same hash.
    older: Option<usize>,
}

struct Run<'a> {
    universe: Universe,
    globs: &'a [&'a Glob],
    literals: &'a [&'a str],
}

impl Run<'_> {
    fn start(&self) -> Head {
        Head { walk: Walk::START, literals: (0, self.literals.len()), length: 0 }
    }

    /// One byte further; the patterns that can still match are left in `live`. `None` if no value begins so.
    fn step(&self, state: &State, before: &[Live], byte: u8, live: &mut Vec<Live>) -> Option<Head> {
        let walk = self.universe.next(state.head.walk, byte)?;
        live.clear();
        let next = |&(progress, at): &Live| Some((self.globs.get(at as usize)?.next(progress, byte)?, at));
        live.extend(before.iter().filter_map(next));
        let literals = self.narrowed(&state.head, byte);
        let length = if literals.0 == literals.1 { 0 } else { state.head.length + 1 };
        Some(Head { walk, literals, length })
    }

    /// The literals of a state that go on with this byte; `(0, 0)` if none does.
    fn narrowed(&self, head: &Head, byte: u8) -> (usize, usize) {
        let (from, to) = head.literals;
        let begun = &self.literals[from..to];
        let next = |literal: &&str| literal.as_bytes().get(head.length).copied();
        let first = from + begun.partition_point(|literal| next(literal) < Some(byte));
        let last = from + begun.partition_point(|literal| next(literal) <= Some(byte));
        if first == last { (0, 0) } else { (first, last) }
    }

    /// The patterns that match if the value ends here; `None` if no such value exists, or it is a literal.
    fn ends(&self, state: &State, live: &[Live]) -> Option<Vec<usize>> {
        let (from, to) = state.head.literals;
        let is_literal = from < to && self.literals[from].len() == state.head.length;
        if is_literal || !self.universe.accepts(state.head.walk) {
            return None;
        }
        let accepts = |&(progress, at): &Live| {
            let at = at as usize;
            self.globs.get(at).is_some_and(|glob| glob.accepts(progress)).then_some(at)
        };
        Some(live.iter().filter_map(accepts).collect())
    }
}

/// All states that were reached, in the order in which they were.
#[derive(Default)]
struct States {
    all: Vec<State>,
    live: Vec<Live>,
    latest_by_hash: QuickMap<u64, usize>,
}

impl States {
    /// Adds a state, unless it is known; gives the buffer back.
    fn add(&mut self, head: Head, live: Vec<Live>, reached: (usize, u8)) -> Vec<Live> {
        let hash = BuildHasherDefault::<QuickHasher>::default().hash_one((head, &live));
        let latest = self.latest_by_hash.get(&hash).copied();
        let mut same_hash = latest;
        while let Some(state) = same_hash.map(|at| self.all[at]) {
            if state.head == head && self.live(&state) == live {
                return live;
            }
            same_hash = state.older;
        }
        self.latest_by_hash.insert(hash, self.all.len());
        let from = self.live.len();
        self.live.extend_from_slice(&live);
        self.all.push(State { head, live: (from, self.live.len()), reached, older: latest });
        live
    }

    fn live(&self, state: &State) -> &[Live] {
        &self.live[state.live.0..state.live.1]
    }

    /// The value by which a state was first reached.
    fn value(&self, mut at: usize) -> String {
        let mut bytes = Vec::new();
        while at > 0 {
            let (before, byte) = self.all[at].reached;
            bytes.push(byte);
            at = before;
        }
        bytes.reverse();
        // Not ASCII, so as good as any other character that is not named.
        String::from_utf8_lossy(&bytes).replace('\u{1}', "é")
    }
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
