//! Replacing references by what they refer to, within bounds.

use std::fmt;

use super::parse::{Piece, Target, parse};
use crate::path::SecretPath;

/// The greatest length of an expanded value in bytes: 1 MiB.
pub const EXPANSION_LIMIT: usize = 1 << 20;
/// How many references are looked up for one value at most.
pub const LOOKUP_LIMIT: usize = 10_000;
/// How many levels of references are followed; deeper ones become empty.
pub const MAX_DEPTH: usize = 10;
/// How many bytes of values are read for one value at most.
const READ_LIMIT: usize = 16 * EXPANSION_LIMIT;
/// How many refusals are reported at most.
const DENIED_LIMIT: usize = 100;

/// A folder of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The slug of the environment.
    pub environment: String,
    /// The folder.
    pub path: SecretPath,
}

/// What a reference led to.
#[derive(Clone, PartialEq, Eq)]
pub enum Found {
    /// A secret.
    Value {
        /// Where it came from: references in it are read from there.
        place: Place,
        /// Its name.
        key: String,
        /// Its value, references not expanded.
        value: String,
    },
    /// Nothing is there.
    Missing,
    /// The reader may not see it, with the message to answer.
    Denied(String),
}

/// Shows everything but the value.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { place, key, .. } => {
                f.debug_struct("Value").field("place", place).field("key", key).finish_non_exhaustive()
            }
            Self::Missing => f.write_str("Missing"),
            Self::Denied(message) => f.debug_tuple("Denied").field(message).finish(),
        }
    }
}

/// Where the expansion finds secrets.
pub trait Lookup {
    /// Finds the target of a reference that stands in a value from `context`.
    fn find(&mut self, context: &Place, target: &Target) -> Found;
}

/// Expands the references in `value`, the value of `key` at `start`.
///
/// A missing target, one deeper than [`MAX_DEPTH`] and one that is being expanded already become empty. The error
/// holds the message of every refusal (at most 100), or says that the value passes [`EXPANSION_LIMIT`] or
/// [`LOOKUP_LIMIT`].
pub fn expand<L: Lookup + ?Sized>(
    lookup: &mut L,
    start: &Place,
    key: &str,
    value: &str,
) -> Result<String, Vec<String>> {
    let mut run =
        Run { lookup, output: String::new(), open: Vec::new(), lookups: 0, read: 0, denied: Vec::new() };
    match run.value(start, value) {
        Err(TooMuch) => Err(vec![format!(
            "The references in secret {key} expand to too much: at most {EXPANSION_LIMIT} bytes and \
             {LOOKUP_LIMIT} references are allowed."
        )]),
        Ok(()) if run.denied.is_empty() => Ok(run.output),
        Ok(()) => Err(run.denied),
    }
}

/// A bound was passed.
struct TooMuch;

struct Run<'a, L: ?Sized> {
    lookup: &'a mut L,
    output: String,
    /// The secrets being expanded. Not the first one: `A = "x-${A}-y"` gives `x-x--y-y`.
    open: Vec<(Place, String)>,
    lookups: usize,
    read: usize,
    denied: Vec<String>,
}

impl<L: Lookup + ?Sized> Run<'_, L> {
    fn value(&mut self, place: &Place, value: &str) -> Result<(), TooMuch> {
        self.read = self.read.saturating_add(value.len());
        if self.read > READ_LIMIT {
            return Err(TooMuch);
        }
        for piece in parse(value) {
            match piece {
                Piece::Text(text) if text.len() > EXPANSION_LIMIT - self.output.len() => return Err(TooMuch),
                Piece::Text(text) => self.output.push_str(text),
                Piece::Reference { target, .. } => self.reference(place, &target)?,
            }
        }
        Ok(())
    }

    fn reference(&mut self, context: &Place, target: &Target) -> Result<(), TooMuch> {
        if self.open.len() >= MAX_DEPTH {
            return Ok(());
        }
        self.lookups += 1;
        if self.lookups > LOOKUP_LIMIT {
            return Err(TooMuch);
        }
        match self.lookup.find(context, target) {
            Found::Missing => Ok(()),
            Found::Denied(message) => {
                if self.denied.len() < DENIED_LIMIT && !self.denied.contains(&message) {
                    self.denied.push(message);
                }
                Ok(())
            }
            Found::Value { place, key, value } => {
                let secret = (place, key);
                if self.open.contains(&secret) {
                    return Ok(());
                }
                let place = secret.0.clone();
                self.open.push(secret);
                let result = self.value(&place, &value);
                self.open.pop();
                result
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Secrets by place and key. A value that starts with `!` is denied with the rest as message.
    #[derive(Default)]
    struct Secrets {
        values: HashMap<(Place, String), String>,
        lookups: usize,
    }

    impl Secrets {
        fn new(secrets: &[(&str, &str, &str, &str)]) -> Self {
            let values = secrets
                .iter()
                .map(|(environment, path, key, value)| {
                    ((place(environment, path), (*key).to_owned()), (*value).to_owned())
                })
                .collect();
            Self { values, lookups: 0 }
        }
    }

    impl Lookup for Secrets {
        fn find(&mut self, context: &Place, target: &Target) -> Found {
            self.lookups += 1;
            let (place, key) = match target.clone() {
                Target::Local { key } => (context.clone(), key),
                Target::Absolute { environment, path, key } => (Place { environment, path }, key),
            };
            let id = (place, key);
            match self.values.get(&id).cloned() {
                None => Found::Missing,
                Some(value) => match value.strip_prefix('!') {
                    Some(message) => Found::Denied(message.to_owned()),
                    None => Found::Value { place: id.0, key: id.1, value },
                },
            }
        }
    }

    fn place(environment: &str, path: &str) -> Place {
        Place { environment: environment.to_owned(), path: SecretPath::parse(path).unwrap() }
    }

    /// The secret `key` in `/` of `dev`, expanded.
    fn expanded(secrets: &mut Secrets, key: &str) -> Result<String, Vec<String>> {
        let start = place("dev", "/");
        let value = secrets.values[&(start.clone(), key.to_owned())].clone();
        expand(secrets, &start, key, &value)
    }

    fn check(secrets: &[(&str, &str, &str, &str)], key: &str, expected: &str) {
        assert_eq!(expanded(&mut Secrets::new(secrets), key).unwrap(), expected);
    }

    #[test]
    fn references_are_replaced() {
        check(
            &[
                ("dev", "/", "URL", "pg://${USER}:${prod.PASS}@${prod.app.db.HOST}/x"),
                ("dev", "/", "USER", "ann"),
                ("prod", "/", "PASS", "p"),
                ("prod", "/app/db", "HOST", "db"),
            ],
            "URL",
            "pg://ann:p@db/x",
        );
    }

    #[test]
    fn a_relative_reference_is_read_where_its_value_came_from() {
        check(
            &[
                ("dev", "/", "A", "${prod.app.B}"),
                ("prod", "/app", "B", "${C}"),
                ("prod", "/app", "C", "there"),
                ("dev", "/", "C", "here"),
            ],
            "A",
            "there",
        );
    }

    #[test]
    fn cycles_are_broken() {
        check(&[("dev", "/", "A", "x-${A}-y")], "A", "x-x--y-y");
        check(&[("dev", "/", "A", "a${B}"), ("dev", "/", "B", "b${A}")], "A", "aba");
        check(&[("dev", "/", "A", "${B}${B}"), ("dev", "/", "B", "b")], "A", "bb");
    }

    #[test]
    fn missing_targets_become_empty() {
        check(&[("dev", "/", "A", "[${B}${prod.B}${prod.x.B}]")], "A", "[]");
    }

    #[test]
    fn ten_levels_are_followed() {
        let keys: Vec<String> = (0..=12).map(|n| format!("K{n}")).collect();
        let values: Vec<String> = (0..=12).map(|n| format!("{n},${{K{}}}", n + 1)).collect();
        let secrets: Vec<_> =
            keys.iter().zip(&values).map(|(key, value)| ("dev", "/", key.as_str(), value.as_str())).collect();
        check(&secrets, "K0", "0,1,2,3,4,5,6,7,8,9,10,");
    }

    #[test]
    fn refusals_are_reported_once_each() {
        let secrets = &[
            ("dev", "/", "A", "${B}${C}${B}${D}"),
            ("dev", "/", "B", "!no B"),
            ("dev", "/", "C", "!no C"),
            ("dev", "/", "D", "d"),
        ];
        assert_eq!(
            expanded(&mut Secrets::new(secrets), "A"),
            Err(vec!["no B".to_owned(), "no C".to_owned()])
        );
    }

    #[test]
    fn a_billion_laughs_stay_within_the_bounds() {
        let tenfold = |key: &str| format!("${{{key}}}").repeat(10);
        for last in ["ha", ""] {
            let mut secrets = Secrets::default();
            for n in 0..9 {
                let id = (place("dev", "/"), format!("K{n}"));
                secrets.values.insert(id, tenfold(&format!("K{}", n + 1)));
            }
            secrets.values.insert((place("dev", "/"), "K9".to_owned()), last.to_owned());
            let messages = expanded(&mut secrets, "K0").unwrap_err();
            assert!(messages[0].contains("K0"), "{messages:?}");
            assert!(secrets.lookups <= LOOKUP_LIMIT);
        }
    }

    #[test]
    fn a_value_can_grow_to_the_limit_and_not_further() {
        let half = "h".repeat(EXPANSION_LIMIT / 2);
        check(&[("dev", "/", "A", "${B}${B}"), ("dev", "/", "B", &half)], "A", &half.repeat(2));
        let mut over = Secrets::new(&[("dev", "/", "A", "${B}${B}."), ("dev", "/", "B", &half)]);
        assert_eq!(expanded(&mut over, "A").unwrap_err().len(), 1);
    }

    #[test]
    fn long_values_that_come_to_nothing_are_bounded_too() {
        let blank = format!("${{{}NONE}}", " ".repeat(EXPANSION_LIMIT));
        let many = "${B}".repeat(LOOKUP_LIMIT / 2 - 1);
        let mut secrets = Secrets::new(&[("dev", "/", "A", &many), ("dev", "/", "B", &blank)]);
        assert!(expanded(&mut secrets, "A").is_err());
        assert!(secrets.lookups < 100);
    }

    proptest! {
        #[test]
        fn text_without_references_is_unchanged(value in "[^$]{0,100}|[$ {A]{0,50}") {
            let mut none = Secrets::default();
            prop_assert_eq!(expand(&mut none, &place("dev", "/"), "A", &value), Ok(value));
            prop_assert_eq!(none.lookups, 0);
        }

        /// Any secrets that refer to each other in any way.
        #[test]
        fn expansion_ends_within_the_bounds(
            values in prop::collection::vec("(\\$\\{([de]\\.(f\\.)?)?[A-F]\\}|[a-z ]{1,3}|!no){0,8}", 24),
            start in "(\\$\\{([de]\\.(f\\.)?)?[A-F]\\}|[a-z ]{1,3}){0,8}",
        ) {
            let mut secrets = Secrets::default();
            for (n, value) in values.into_iter().enumerate() {
                let place = place(["d", "e"][n % 2], ["/", "/f"][n / 2 % 2]);
                secrets.values.insert((place, ["A", "B", "C", "D", "E", "F"][n / 4].to_owned()), value);
            }
            let result = expand(&mut secrets, &place("d", "/"), "A", &start);
            prop_assert!(secrets.lookups <= LOOKUP_LIMIT);
            match result {
                Ok(value) => {
                    prop_assert!(value.len() <= EXPANSION_LIMIT);
                    prop_assert!(!value.contains('$'));
                }
                Err(messages) => prop_assert!(!messages.is_empty()),
            }
        }
    }
}
