//! The rules of both sides on one action, with their conditions numbered.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::atoms::{Atom, atoms};
use super::budget::{Budget, TooComplex};
use super::mask::Mask;
use crate::catalogue::Subject;
use crate::operator::Tests;
use crate::permissions::{Entry, When};
use crate::{Condition, Field};

/// Kinds of values that were worked out already, by field and conditions.
#[derive(Default)]
pub(super) struct Known<'a>(HashMap<(Field, Vec<&'a Tests>), Rc<[Atom]>>);

/// What is to be compared: rules are numbered, those of the target before those of the actor, each in order.
pub(super) struct Question<'a> {
    pub(super) rules: Rules<'a>,
    /// The fields that conditions look at.
    pub(super) columns: Vec<Column>,
}

pub(super) struct Rules<'a> {
    pub(super) entries: Vec<&'a Entry>,
    /// How many are the target's.
    pub(super) theirs: usize,
    pub(super) inverted: Vec<bool>,
    /// For each rule, the same one on the other side.
    pub(super) twin: Vec<Option<usize>>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(theirs: &[&'a Entry], ours: &[&'a Entry]) -> Self {
        let theirs = without_repetitions(theirs);
        let split = theirs.len();
        let entries: Vec<&'a Entry> = theirs.into_iter().chain(without_repetitions(ours)).collect();
        let (mut by_them, mut by_us) = (HashMap::new(), HashMap::new());
        for (at, entry) in entries.iter().enumerate() {
            let side = if at < split { &mut by_them } else { &mut by_us };
            side.insert((entry.inverted(), &entry.when), at);
        }
        let other = |(at, entry): (usize, &&'a Entry)| {
            let other_side = if at < split { &by_us } else { &by_them };
            other_side.get(&(entry.inverted(), &entry.when)).copied()
        };
        let twin = entries.iter().enumerate().map(other).collect();
        let inverted = entries.iter().map(|entry| entry.inverted()).collect();
        Self { entries, theirs: split, inverted, twin }
    }

    /// May the actor surely do what the target may, whatever the conditions mean? So it is if the actor has each rule that
    /// allows the target, and after it no prohibition but such as the target has after it, too: when the rule decides for
    /// the target, none of these applies. Whatever else allows the actor or forbids the target does no harm, and neither
    /// does another order of rules between which nothing forbids.
    pub(super) fn in_step(&self, alive: &Mask, budget: &mut Budget) -> Result<bool, TooComplex> {
        let living_twin = |rule: usize| self.twin[rule].filter(|twin| alive.has(*twin));
        let mut ours = alive.descending().take_while(|rule| *rule >= self.theirs);
        // The actor's rules that were passed, and where the first twin of a prohibition after each stands.
        let mut passed: Vec<(usize, usize)> = Vec::new();
        let mut first = usize::MAX;
        for their in alive.descending().skip_while(|rule| *rule >= self.theirs) {
            budget.spend(10)?;
            if self.inverted[their] {
                continue;
            }
            let Some(twin) = living_twin(their) else { return Ok(false) };
            while passed.last().is_none_or(|(last, _)| *last > twin) {
                budget.spend(10)?;
                let Some(our) = ours.next() else { return Ok(false) };
                passed.push((our, first));
                if self.inverted[our] {
                    // Without a twin it is as if it stood before all of the target's rules.
                    first = first.min(living_twin(our).unwrap_or(0));
                }
            }
            let found = passed.binary_search_by(|(our, _)| twin.cmp(our));
            if found.is_err() || found.is_ok_and(|at| passed[at].1 <= their) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Leaves out what is said again later: the later one has the say.
fn without_repetitions<'a>(rules: &[&'a Entry]) -> Vec<&'a Entry> {
    let mut known = HashSet::new();
    let latest = |entry: &&'a Entry| known.insert((entry.inverted(), &entry.when));
    let mut kept: Vec<&'a Entry> = rules.iter().rev().copied().filter(latest).collect();
    kept.reverse();
    kept
}

/// One field.
pub(super) struct Column {
    pub(super) field: Field,
    pub(super) atoms: Rc<[Atom]>,
    /// For each kind of value, the rules that may still apply: their conditions on the field hold, if any.
    pub(super) holding: Vec<Mask>,
    /// The same the other way round: for each rule, the kinds of values.
    pub(super) kinds: Vec<Mask>,
    /// The rules with a condition on the field.
    pub(super) asking: Mask,
}

impl<'a> Question<'a> {
    pub(super) fn new(
        subject: &Subject,
        rules: Rules<'a>,
        known: &mut Known<'a>,
        budget: &mut Budget,
    ) -> Result<Self, TooComplex> {
        let mut columns = Vec::new();
        for &field in subject.fields {
            let tests: Vec<Option<&'a Tests>> =
                rules.entries.iter().map(|entry| tests_on(entry, field)).collect();
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
        rules: &Rules<'a>,
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
        let mut having: Vec<Vec<usize>> = Vec::new();
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
                having.push(Vec::new());
                distinct.len() - 1
            });
            having[number].push(rule);
        }
        let key = (field, distinct);
        let atoms = match known.0.get(&key) {
            Some(atoms) => Rc::clone(atoms),
            None => atoms(field, &key.1, optional, budget)?.into(),
        };
        known.0.entry(key).or_insert_with(|| Rc::clone(&atoms));
        budget.spend(atoms.iter().map(|atom| 2 * indifferent.cost() + 5 * atom.holds.len()).sum())?;
        let mut kinds = vec![Mask::empty(atoms.len()); size];
        let mut holding = Vec::with_capacity(atoms.len());
        for (kind, atom) in atoms.iter().enumerate() {
            let mut rules = Mask::empty(size);
            if atom.fact.is_none() {
                rules.join(&unknown);
            }
            atom.holds.iter().flat_map(|at| &having[*at]).for_each(|rule| rules.insert(*rule));
            rules.descending().for_each(|rule| kinds[rule].insert(kind));
            rules.join(&indifferent);
            holding.push(rules);
        }
        Ok(Self { field, atoms, holding, kinds, asking })
    }
}
