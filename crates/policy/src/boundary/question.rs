//! The rules of both sides on one action, with their conditions numbered.

use std::collections::HashMap;

use super::atoms::{Atom, atoms};
use super::budget::{Budget, TooComplex};
use super::mask::Mask;
use crate::catalogue::Subject;
use crate::operator::Tests;
use crate::permissions::{Entry, When};
use crate::{Condition, Field};

/// Kinds of values that were worked out already, by field and conditions.
#[derive(Default)]
pub(super) struct Known<'a>(HashMap<(Field, Vec<&'a Tests>), Vec<Atom>>);

/// What is to be compared: rules are numbered, those of the target before those of the actor, each in order.
pub(super) struct Question {
    pub(super) rules: Rules,
    /// The fields that conditions look at.
    pub(super) columns: Vec<Column>,
}

pub(super) struct Rules {
    /// How many are the target's.
    pub(super) theirs: usize,
    pub(super) inverted: Vec<bool>,
}

/// One field.
pub(super) struct Column {
    pub(super) field: Field,
    pub(super) atoms: Vec<Atom>,
    /// For each kind of value, the rules whose conditions on the field hold.
    pub(super) holding: Vec<Mask>,
    /// The rules with a condition on the field.
    pub(super) asking: Mask,
}

impl Question {
    pub(super) fn new<'a>(
        subject: &Subject,
        theirs: &[&'a Entry],
        ours: &[&'a Entry],
        known: &mut Known<'a>,
        budget: &mut Budget,
    ) -> Result<Self, TooComplex> {
        let entries: Vec<&'a Entry> = theirs.iter().chain(ours).copied().collect();
        let rules =
            Rules { theirs: theirs.len(), inverted: entries.iter().map(|entry| entry.inverted()).collect() };
        let mut columns = Vec::new();
        for &field in subject.fields {
            let tests: Vec<Option<&'a Tests>> = entries.iter().map(|entry| tests_on(entry, field)).collect();
            if tests.iter().any(Option::is_some) {
                let optional = !subject.always_known().contains(&field);
                columns.push(Column::new(field, &tests, &rules, optional, known, budget)?);
            }
        }
        // What leaves the fewest rules comes first.
        columns.sort_by_key(|column| std::cmp::Reverse(column.atoms.len()));
        Ok(Self { rules, columns })
    }
}

fn tests_on(entry: &Entry, field: Field) -> Option<&Tests> {
    let When::Conditions(conditions) = &entry.when else { return None };
    conditions.iter().find(|condition| condition.field() == field).map(Condition::tests)
}

impl Column {
    fn new<'a>(
        field: Field,
        tests: &[Option<&'a Tests>],
        rules: &Rules,
        optional: bool,
        known: &mut Known<'a>,
        budget: &mut Budget,
    ) -> Result<Self, TooComplex> {
        let size = tests.len();
        let mut numbers: HashMap<&'a Tests, usize> = HashMap::new();
        let mut distinct: Vec<&'a Tests> = Vec::new();
        let (mut asking, mut indifferent) = (Mask::empty(size), Mask::empty(size));
        let mut unknown = Mask::empty(size);
        // For each condition, the rules that have it.
        let mut having: Vec<Mask> = Vec::new();
        for (rule, tests) in tests.iter().enumerate() {
            let Some(tests) = tests else {
                indifferent.insert(rule);
                continue;
            };
            asking.insert(rule);
            if rules.inverted[rule] {
                unknown.insert(rule);
            }
            let number = *numbers.entry(tests).or_insert_with(|| {
                distinct.push(tests);
                having.push(Mask::empty(size));
                distinct.len() - 1
            });
            having[number].insert(rule);
        }
        let key = (field, distinct);
        if !known.0.contains_key(&key) {
            let found = atoms(field, &key.1, optional, budget)?;
            known.0.insert(key.clone(), found);
        }
        let atoms = known.0.get(&key).cloned().unwrap_or_default();
        budget.spend(atoms.iter().map(|atom| indifferent.cost() * (1 + atom.holds.len())).sum())?;
        let holding = atoms.iter().map(|atom| {
            let mut holding = indifferent.clone();
            if atom.fact.is_none() {
                holding.join(&unknown);
            }
            atom.holds.iter().for_each(|&at| holding.join(&having[at]));
            holding
        });
        let holding = holding.collect();
        Ok(Self { field, atoms, holding, asking })
    }
}
