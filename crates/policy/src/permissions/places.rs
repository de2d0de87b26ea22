//! Finds the rules that can apply in one place of a project, without going through all of them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Entry, When};
use crate::{Condition, Field, Object, Operator};

/// From how many rules on it is worth it.
pub(super) const MANY: usize = 16;
/// In how many places one rule may be kept; past that it is kept as if it applied anywhere.
const MOST_PLACES: usize = 64;

/// Rules by environment and by the first folder of the path, as far as their conditions name them. A place is kept as a
/// hash: a rule too many does no harm, each still says itself whether it applies.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<u64, Vec<usize>>);

impl Places {
    /// Keeps rules, given as indexes in the order in which they are read.
    pub(super) fn new(indexes: &[usize], entries: &[Entry]) -> Self {
        let mut places = Self::default();
        for &at in indexes {
            let environments = named(&entries[at], Field::Environment, |test| match test {
                Operator::Eq(value) => Some(vec![value.as_str()]),
                Operator::In(values) => Some(values.iter().map(String::as_str).collect()),
                _ => None,
            });
            let folders = named(&entries[at], Field::SecretPath, |test| match test {
                Operator::Eq(value) => Some(vec![first_folder(value)]),
                Operator::In(values) => Some(values.iter().map(|value| first_folder(value)).collect()),
                Operator::Glob(glob) => literal_folder(glob.pattern()).map(|folder| vec![folder]),
                _ => None,
            });
            let few = environments.len() * folders.len() <= MOST_PLACES;
            let anywhere = vec![None];
            let (environments, folders) =
                if few { (&environments, &folders) } else { (&anywhere, &anywhere) };
            for environment in environments {
                for folder in folders {
                    places.keep(place(*environment, *folder), at);
                }
            }
        }
        places
    }

    fn keep(&mut self, place: u64, at: usize) {
        let kept = self.0.entry(place).or_default();
        // A rule may name a place twice.
        if kept.last() != Some(&at) {
            kept.push(at);
        }
    }

    /// The rules that can apply to an object with an environment and a path, the last one first.
    pub(super) fn latest_first(&self, environment: &str, path: &str) -> impl Iterator<Item = usize> {
        let (environment, folder) = (Some(environment), Some(first_folder(path)));
        let places = [(environment, folder), (environment, None), (None, folder), (None, None)];
        let mut left = places.map(|(environment, folder)| {
            self.0.get(&place(environment, folder)).map_or(&[][..], Vec::as_slice)
        });
        std::iter::from_fn(move || {
            let (latest, rest) =
                left.iter_mut().filter_map(|kept| Some((*kept.last()?, kept))).max_by_key(|(at, _)| *at)?;
            *rest = &rest[..rest.len() - 1];
            Some(latest)
        })
    }
}

/// The environment and path of an object, if it is one that lies somewhere.
pub(super) fn of<'a>(object: &Object<'a>) -> Option<(&'a str, &'a str)> {
    Some((object.text(Field::Environment)?, object.text(Field::SecretPath)?)).filter(|_| !object.is_any())
}

fn place(environment: Option<&str>, folder: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (environment, folder).hash(&mut hasher);
    hasher.finish()
}

/// What a rule names for a field, by a test that `read` understands; `None` in the list: anything.
fn named<'a>(
    entry: &'a Entry,
    field: Field,
    read: impl Fn(&'a Operator) -> Option<Vec<&'a str>>,
) -> Vec<Option<&'a str>> {
    let When::Conditions(conditions) = &entry.when else { return vec![None] };
    let tests = conditions.iter().find(|condition| condition.field() == field).map(Condition::operators);
    let values = tests.unwrap_or_default().iter().find_map(read);
    values.map_or_else(|| vec![None], |values| values.into_iter().map(Some).collect())
}

/// The name of the first folder of a path; empty for the root.
fn first_folder(path: &str) -> &str {
    let inside = path.strip_prefix('/').unwrap_or(path);
    inside.split_once('/').map_or(inside, |(first, _)| first)
}

/// The first folder of every path that a pattern matches, if there is only one.
fn literal_folder(pattern: &str) -> Option<&str> {
    let folder = first_folder(pattern.strip_prefix('/').map(|_| pattern)?);
    (!folder.contains(['*', '?', '[', ']', '{', '}', '\\', '!', '(', ')', '|'])).then_some(folder)
}
