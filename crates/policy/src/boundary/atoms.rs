//! The kinds of values that the conditions on one field can tell apart.

use std::collections::{BTreeSet, HashMap};

use super::budget::{Budget, TooComplex};
use super::example::Fact;
use super::product;
use super::quick_hash::QuickSet;
use super::universe::Universe;
use crate::field::Kind;
use crate::operator::Tests;
use crate::{ElemMatch, Field, Glob, Operator};

/// Values for which the same conditions hold, with one of them.
#[derive(Debug, Clone)]
pub(super) struct Atom {
    /// The conditions that hold.
    pub(super) holds: Vec<usize>,
    /// The value; none: it is not known, so that conditions hold for rules that forbid and fail for those that allow.
    pub(super) fact: Option<Fact>,
}

/// Every kind of value of a field, under some conditions on it. `optional` fields may be unknown.
pub(super) fn atoms(
    field: Field,
    conditions: &[&Tests],
    optional: bool,
    budget: &mut Budget,
) -> Result<Vec<Atom>, TooComplex> {
    let mut atoms = match field.kind() {
        Kind::Text | Kind::Path | Kind::Id => {
            let tests: Vec<&[Operator]> = conditions.iter().map(|tests| &***tests).collect();
            let of = |(holds, value)| Atom { holds, fact: Some(Fact::Text(value)) };
            texts(Universe::of(field), &tests, budget)?.into_iter().map(of).collect()
        }
        Kind::List => lists(conditions, budget)?,
        Kind::Pairs => pairs(conditions, budget)?,
    };
    if optional {
        atoms.push(Atom { holds: Vec::new(), fact: None });
    }
    Ok(atoms)
}

/// For a single text: the named values, and the rest by which patterns match.
fn texts(
    universe: Universe,
    conditions: &[&[Operator]],
    budget: &mut Budget,
) -> Result<Vec<product::Kind>, TooComplex> {
    let patterns = Patterns::of(conditions);
    let all = conditions.iter().copied().flatten().flat_map(Operator::literals);
    let literals: BTreeSet<&str> = all.map(String::as_str).filter(|value| universe.has(value)).collect();
    let literals: Vec<&str> = literals.into_iter().collect();
    let mut found: Vec<product::Kind> = Vec::new();
    for literal in &literals {
        budget.spend(10 * conditions.len())?;
        let holds = |tests: &&[Operator]| tests.iter().all(|test| test.holds(literal));
        found.push((positions(conditions.iter().map(holds)), (*literal).to_owned()));
    }
    for (matching, value) in others(universe, &patterns.globs, &literals, budget)? {
        budget.spend(10)?;
        found.push((patterns.holding(&matching), value));
    }
    let mut known: QuickSet<Vec<usize>> = QuickSet::default();
    found.retain(|(holds, _)| known.insert(holds.clone()));
    Ok(found)
}

/// The patterns in conditions, and what follows from their matching a value that is not named.
struct Patterns<'a> {
    globs: Vec<&'a Glob>,
    /// For each pattern, the conditions that need it.
    needed_by: Vec<Vec<usize>>,
    /// For each condition, how many patterns it needs; none: it holds for no value but named ones.
    needs: Vec<Option<usize>>,
}

impl<'a> Patterns<'a> {
    fn of(conditions: &[&'a [Operator]]) -> Self {
        let mut patterns = Self { globs: Vec::new(), needed_by: Vec::new(), needs: Vec::new() };
        let mut numbers: HashMap<&'a Glob, usize> = HashMap::new();
        for (condition, tests) in conditions.iter().enumerate() {
            let named_only = |test: &Operator| matches!(test, Operator::Eq(_) | Operator::In(_));
            let mut needs = 0;
            for test in *tests {
                let Operator::Glob(glob) = test else { continue };
                let number = *numbers.entry(glob).or_insert(patterns.globs.len());
                if number == patterns.globs.len() {
                    patterns.globs.push(glob);
                    patterns.needed_by.push(Vec::new());
                }
                // One condition has one `$glob` at most.
                patterns.needed_by[number].push(condition);
                needs += 1;
            }
            patterns.needs.push((!tests.iter().any(named_only)).then_some(needs));
        }
        patterns
    }

    /// The conditions that hold for a value that is not named, and that only these patterns match.
    fn holding(&self, matching: &[usize]) -> Vec<usize> {
        let undemanding = (0..self.needs.len()).filter(|at| self.needs[*at] == Some(0));
        let mut holding: Vec<usize> = undemanding.collect();
        let satisfied = matching.iter().flat_map(|glob| &self.needed_by[*glob]);
        holding.extend(satisfied.filter(|at| self.needs[**at] == Some(1)));
        holding.sort_unstable();
        holding
    }
}

/// The values that are not named, by which patterns match.
fn others(
    universe: Universe,
    globs: &[&Glob],
    literals: &[&str],
    budget: &mut Budget,
) -> Result<Vec<product::Kind>, TooComplex> {
    if !globs.is_empty() {
        return product::kinds(universe, globs, literals, budget);
    }
    let named = |value: &String| literals.binary_search(&value.as_str()).is_ok();
    Ok(universe.others().find(|value| !named(value)).map(|value| (Vec::new(), value)).into_iter().collect())
}

fn positions(holds: impl Iterator<Item = bool>) -> Vec<usize> {
    holds.enumerate().filter_map(|(at, holds)| holds.then_some(at)).collect()
}

/// For a list of which any may fit. See [`sets`].
fn lists(conditions: &[&Tests], budget: &mut Budget) -> Result<Vec<Atom>, TooComplex> {
    let values: BTreeSet<&str> = conditions
        .iter()
        .flat_map(|tests| tests.iter())
        .flat_map(|test| test.literals().iter().map(String::as_str))
        .filter(|value| Universe::Text.has(value))
        .collect();
    let mut members = Vec::new();
    for value in values {
        budget.spend(10 * conditions.len())?;
        let holds = conditions.iter().map(|tests| tests.iter().all(|test| test.holds(value)));
        members.push((positions(holds), value.to_owned()));
    }
    sets(members, Fact::List, budget)
}

/// For key-value pairs of which one must fit. See [`sets`].
fn pairs(conditions: &[&Tests], budget: &mut Budget) -> Result<Vec<Atom>, TooComplex> {
    let wanted: Vec<&ElemMatch> = conditions
        .iter()
        .flat_map(|tests| tests.iter())
        .filter_map(|test| if let Operator::ElemMatch(pair) = test { Some(pair) } else { None })
        .collect();
    let keys: Vec<&[Operator]> = wanted.iter().map(|pair| &*pair.key).collect();
    let values: Vec<&[Operator]> = wanted.iter().map(|pair| &*pair.value).collect();
    let keys = texts(Universe::Text, &keys, budget)?;
    let values = texts(Universe::Anything, &values, budget)?;
    let mut members = Vec::new();
    for (by_key, key) in &keys {
        for (by_value, value) in &values {
            budget.spend(10 * wanted.len() + 10)?;
            let holds: Vec<usize> = by_key.iter().copied().filter(|at| by_value.contains(at)).collect();
            members.push((holds, (key.clone(), value.clone())));
        }
    }
    sets(members, Fact::Pairs, budget)
}

/// For a set of values, of which one must fit: the sets of at most two members. That is enough: if a larger set shows
/// that something is missing, then one member that makes the deciding rule of the target apply and one that makes the
/// deciding rule of the actor apply show it too, because with fewer members no more conditions hold.
fn sets<T: Clone>(
    members: Vec<(Vec<usize>, T)>,
    fact: fn(Vec<T>) -> Fact,
    budget: &mut Budget,
) -> Result<Vec<Atom>, TooComplex> {
    let mut distinct: Vec<(Vec<usize>, T)> = Vec::new();
    let mut known: QuickSet<Vec<usize>> = QuickSet::from_iter([Vec::new()]);
    for (holds, member) in members {
        if known.insert(holds.clone()) {
            distinct.push((holds, member));
        }
    }
    let mut atoms = vec![Atom { holds: Vec::new(), fact: Some(fact(Vec::new())) }];
    let single = |(holds, member): &(Vec<usize>, T)| Atom {
        holds: holds.clone(),
        fact: Some(fact(vec![member.clone()])),
    };
    atoms.extend(distinct.iter().map(single));
    for (at, (first, one)) in distinct.iter().enumerate() {
        for (second, other) in &distinct[at + 1..] {
            budget.spend(50 + 5 * (first.len() + second.len()))?;
            let together: BTreeSet<usize> = first.iter().chain(second).copied().collect();
            let holds: Vec<usize> = together.into_iter().collect();
            if known.insert(holds.clone()) {
                atoms.push(Atom { holds, fact: Some(fact(vec![one.clone(), other.clone()])) });
            }
        }
    }
    Ok(atoms)
}
