//! What one actor may do and another one may not, by subject and action.

use std::collections::HashMap;

use serde::Serialize;

use super::MissingPermission;
use super::budget::{Budget, TooComplex};
use super::example::{CounterExample, Fact};
use super::mask::Mask;
use super::question::{Known, Question, Rules};
use super::search::{Found, search};
use crate::catalogue::{self, Subject};
use crate::permissions::{Entry, When};
use crate::{Field, Level, Need, Object, Permissions};

/// What one actor may do on one subject and another one may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// What is acted upon.
    pub subject: &'static str,
    /// What is done to it.
    pub action: &'static str,
    /// The rules behind it.
    #[serde(rename = "missingPermissions")]
    pub permissions: Vec<MissingPermission>,
    /// One such request; none if it was too complex to find out.
    #[serde(rename = "example", skip_serializing_if = "Option::is_none")]
    pub counter_example: Option<CounterExample>,
}

/// What changes when one list of permissions takes the place of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What only the later one allows.
    pub gained: Vec<Gap>,
    /// What only the earlier one allows.
    pub lost: Vec<Gap>,
}

/// What `after` allows and `before` does not, and the other way round.
pub fn diff(before: &Permissions, after: &Permissions) -> Difference {
    Difference { gained: gaps(before, after), lost: gaps(after, before) }
}

impl Gap {
    /// As a sentence about `somebody` (at its beginning) who may and `other` who may not.
    pub fn sentence(&self, somebody: &str, other: &str) -> String {
        match &self.counter_example {
            Some(example) => format!("{somebody} may {}; {other} may not", example.in_words()),
            None => format!(
                "The rules for {} on {} are too complex to compare; use fewer or simpler patterns",
                self.action, self.subject
            ),
        }
    }
}

/// What the target may do and the actor may not. Past the budget, what has not been compared counts as missing.
pub(super) fn gaps(actor: &Permissions, target: &Permissions) -> Vec<Gap> {
    if actor.is_same(target) {
        return Vec::new();
    }
    let mut comparison = Comparison::default();
    let mut gaps = Vec::new();
    for subject in catalogue::subjects(target.level()) {
        for &action in subject.actions {
            if catalogue::is_never_asked(target.level(), subject.name, action) {
                continue;
            }
            let theirs: Vec<&Entry> = target.entries(subject.name, action).collect();
            let same_level = actor.level() == target.level();
            let ours = actor.entries(subject.name, action).filter(|_| same_level).collect();
            if let Some(lack) = comparison.lack(subject, theirs, ours) {
                gaps.push(lack.gap(target.level(), subject, action));
            }
        }
    }
    debug_assert!(gaps.iter().all(|gap| gap.is_shown_by(actor, target)), "an example that shows nothing");
    gaps
}

impl Gap {
    fn is_shown_by(&self, actor: &Permissions, target: &Permissions) -> bool {
        let Some(example) = &self.counter_example else { return true };
        let need = Need { level: target.level(), subject: self.subject, action: self.action };
        example.with_object(|object| target.allows(need, object) && !actor.allows(need, object))
    }
}

/// Comparisons that share what they worked out.
#[derive(Default)]
struct Comparison<'a> {
    known: Known<'a>,
    budget: Budget,
    /// Many actions are spoken of by the same rules.
    compared: HashMap<(Vec<*const Entry>, Vec<*const Entry>), Option<Lack<'a>>>,
}

/// What is missing for an action.
#[derive(Clone)]
struct Lack<'a> {
    rules: Vec<&'a Entry>,
    facts: Option<Facts>,
}

#[derive(Clone, Default)]
struct Facts {
    known: Vec<(Field, Fact)>,
    unknown: Vec<Field>,
    anywhere: bool,
}

impl<'a> Comparison<'a> {
    fn lack(
        &mut self,
        subject: &'static Subject,
        theirs: Vec<&'a Entry>,
        ours: Vec<&'a Entry>,
    ) -> Option<Lack<'a>> {
        if covered_at_a_glance(&theirs, &ours) {
            return None;
        }
        let identity =
            |entries: &[&'a Entry]| entries.iter().map(|entry| std::ptr::from_ref(*entry)).collect();
        let key = (identity(&theirs), identity(&ours));
        if let Some(known) = self.compared.get(&key) {
            return known.clone();
        }
        let lack = self.compare(subject, &theirs, &ours);
        self.compared.insert(key, lack.clone());
        lack
    }

    fn compare(
        &mut self,
        subject: &'static Subject,
        theirs: &[&'a Entry],
        ours: &[&'a Entry],
    ) -> Option<Lack<'a>> {
        let allowing = || theirs.iter().copied().filter(|entry| !entry.inverted());
        let rules = Rules::new(theirs, ours);
        let all = Mask::full(rules.entries.len());
        let question = match rules.in_step(&all, &mut self.budget) {
            Ok(true) => return None,
            Ok(false) => Question::new(subject, rules, &mut self.known, &mut self.budget),
            Err(TooComplex) => Err(TooComplex),
        };
        let Ok(question) = question else { return Some(Lack { rules: allowing().collect(), facts: None }) };
        let (found, complete) = search(&question, &mut self.budget);
        if let Some(facts) = facts(subject, &question, &found) {
            let rules = question.rules.entries.iter().enumerate().filter(|(at, _)| found.deciding.has(*at));
            return Some(Lack { rules: rules.map(|(_, entry)| *entry).collect(), facts: Some(facts) });
        }
        if complete == Err(TooComplex) {
            return Some(Lack { rules: allowing().collect(), facts: None });
        }
        compare_anywhere(theirs, ours)
    }
}

/// The question that lists ask.
fn compare_anywhere<'a>(theirs: &[&'a Entry], ours: &[&'a Entry]) -> Option<Lack<'a>> {
    let decide = |entries: &[&'a Entry]| {
        entries
            .iter()
            .rev()
            .copied()
            .find(|entry| entry.applies(&Object::any()))
            .filter(|entry| !entry.inverted())
    };
    match (decide(theirs), decide(ours)) {
        (Some(entry), None) => {
            let facts = Facts { anywhere: true, ..Facts::default() };
            Some(Lack { rules: vec![entry], facts: Some(facts) })
        }
        _ => None,
    }
}

/// The target is allowed nothing, or the actor everything, or both have the same rules.
fn covered_at_a_glance(theirs: &[&Entry], ours: &[&Entry]) -> bool {
    let nothing = theirs.iter().all(|entry| entry.inverted());
    let everything = matches!(ours, [entry] if matches!(entry.when, When::Always) && !entry.inverted());
    let same = |(one, other): (&&Entry, &&Entry)| {
        one.inverted() == other.inverted()
            && match (&one.when, &other.when) {
                (When::Always, When::Always) => true,
                (When::Conditions(one), When::Conditions(other)) => one == other,
                _ => false,
            }
    };
    nothing || everything || (theirs.len() == ours.len() && theirs.iter().zip(ours).all(same))
}

/// The example as facts about an object.
fn facts(subject: &Subject, question: &Question<'_>, found: &Found) -> Option<Facts> {
    let chosen = found.example.as_ref()?;
    let mut facts = Facts::default();
    for &field in subject.fields {
        let at = question.columns.iter().position(|column| column.field == field);
        let fact = at.and_then(|at| {
            let column = &question.columns[at];
            // Where the value makes no difference, any will do.
            let needed = chosen[at].or_else(|| subject.always_known().contains(&field).then_some(0))?;
            Some(column.atoms[needed].fact.clone())
        });
        match fact {
            Some(Some(fact)) => facts.known.push((field, fact)),
            Some(None) => facts.unknown.push(field),
            None => {}
        }
    }
    Some(facts)
}

impl Lack<'_> {
    fn gap(&self, level: Level, subject: &'static Subject, action: &'static str) -> Gap {
        let mut permissions: Vec<MissingPermission> = Vec::new();
        for entry in &self.rules {
            let conditions = match &entry.when {
                When::Conditions(conditions) => Some(conditions.clone()),
                When::Always | When::Never => None,
            };
            let entry =
                MissingPermission { action: action.to_owned(), subject: subject.name.to_owned(), conditions };
            if !permissions.contains(&entry) {
                permissions.push(entry);
            }
        }
        let counter_example = self.facts.clone().map(|facts| CounterExample {
            level,
            subject: subject.name,
            action,
            facts: facts.known,
            unknown: facts.unknown,
            anywhere: facts.anywhere,
        });
        Gap { subject: subject.name, action, permissions, counter_example }
    }
}
