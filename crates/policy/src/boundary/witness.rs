//! One concrete request that shows what is missing.

use std::collections::{BTreeMap, BTreeSet};

use super::decisions::Decisions;
use crate::{Conditions, Field, Object, Operator};

/// How many objects are tried.
const TRIES: usize = 10_000;
/// How many values are tried for one field.
const VALUES: usize = 20;
/// A value that no rule names.
const OTHER: &str = "any-other";

/// Says what the target may do and the actor may not: with an object, if conditions make a difference and one is found.
pub(super) fn sentence(
    subject: &str,
    action: &str,
    ours: &Decisions<'_>,
    theirs: &Decisions<'_>,
    missing: Option<&Conditions>,
) -> String {
    match (witness(ours, theirs), missing) {
        (Some(facts), _) if !facts.is_empty() => {
            let facts: Vec<String> = facts.iter().map(|(field, value)| describe(*field, value)).collect();
            format!("The target may {action} on {subject} where {}; you may not", facts.join(" and "))
        }
        (Some(_), _) | (None, None) => format!("The target may {action} on {subject}; you may not"),
        (None, Some(_)) => {
            format!("The target may {action} on {subject} under conditions that your own rules do not cover")
        }
    }
}

fn describe(field: Field, value: &str) -> String {
    match (field, value) {
        (Field::SecretTags, "") => format!("{} is empty", field.name()),
        _ => format!("{} is '{value}'", field.name()),
    }
}

/// The facts about an object that the target is allowed and the actor is not.
fn witness(ours: &Decisions<'_>, theirs: &Decisions<'_>) -> Option<Vec<(Field, String)>> {
    let candidates = candidates(ours.conditions().chain(theirs.conditions()));
    let count = candidates.iter().map(|(_, values)| values.len()).product::<usize>().min(TRIES);
    (0..count).find_map(|number| {
        let mut rest = number;
        let facts: Vec<(Field, &str)> = candidates
            .iter()
            .map(|(field, values)| {
                let value = &values[rest % values.len()];
                rest /= values.len();
                (*field, value.as_str())
            })
            .collect();
        let tag = facts.iter().find(|(field, _)| *field == Field::SecretTags).map_or("", |(_, tag)| tag);
        let tags: &[&str] = if tag.is_empty() { &[] } else { &[tag] };
        let known = Object::plain().with_tags(tags);
        let object = facts.iter().fold(known, |object, (field, value)| object.with(*field, value));
        (theirs.allow(&object) && !ours.allow(&object))
            .then(|| facts.iter().map(|(field, value)| (*field, (*value).to_owned())).collect())
    })
}

/// For each field that is looked at, the values that are named, one for each pattern and one that is not named.
fn candidates<'a>(conditions: impl Iterator<Item = &'a Conditions>) -> Vec<(Field, Vec<String>)> {
    let mut values: BTreeMap<Field, BTreeSet<String>> = BTreeMap::new();
    for condition in conditions.flat_map(Conditions::iter) {
        let known = values.entry(condition.field()).or_default();
        for operator in condition.operators() {
            known.extend(operator.literals().iter().cloned());
            if let Operator::Glob(glob) = operator {
                known.extend(glob.sample());
            }
        }
    }
    let listed = values.into_iter().map(|(field, values)| {
        let other = match field {
            Field::SecretTags => String::new(),
            Field::SecretPath => format!("/{OTHER}"),
            _ => OTHER.to_owned(),
        };
        (field, values.into_iter().take(VALUES).chain([other]).collect())
    });
    listed.collect()
}
