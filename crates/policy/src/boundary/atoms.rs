//! The kinds of values that the conditions on one field can tell apart.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::budget::{Budget, TooComplex};
use super::example::Fact;
use super::product;
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
    let mut literals: BTreeSet<&str> = BTreeSet::new();
    let mut globs: Vec<&Glob> = Vec::new();
    let mut known: HashSet<&str> = HashSet::new();
    for operator in conditions.iter().copied().flatten() {
        literals.extend(operator.literals().iter().map(String::as_str).filter(|value| universe.has(value)));
        if let Operator::Glob(glob) = operator
            && known.insert(glob.pattern())
        {
            globs.push(glob);
        }
    }
    let mut distinct: BTreeMap<Vec<usize>, String> = BTreeMap::new();
    let mut order = Vec::new();
    let mut add = |holds: Vec<usize>, value: String| {
        if !distinct.contains_key(&holds) {
            distinct.insert(holds.clone(), value.clone());
            order.push((holds, value));
        }
    };
    for &literal in &literals {
        budget.spend(20 * conditions.len())?;
        let holds = |tests: &&[Operator]| tests.iter().all(|test| test.holds(literal));
        add(positions(conditions.iter().map(holds)), literal.to_owned());
    }
    let literals: Vec<&str> = literals.into_iter().collect();
    for (matching, value) in others(universe, &globs, &literals, budget)? {
        budget.spend(5 * conditions.len())?;
        let matching: HashSet<&str> = matching.into_iter().map(|at| globs[at].pattern()).collect();
        let holds = |tests: &&[Operator]| tests.iter().all(|test| holds_for_other(test, &matching));
        add(positions(conditions.iter().map(holds)), value);
    }
    Ok(order)
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

fn holds_for_other(test: &Operator, matching: &HashSet<&str>) -> bool {
    match test {
        Operator::Eq(_) | Operator::In(_) | Operator::ElemMatch(_) => false,
        Operator::Ne(_) => true,
        Operator::Glob(glob) => matching.contains(glob.pattern()),
    }
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
    let mut known: HashSet<Vec<usize>> = HashSet::from([Vec::new()]);
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
