//! The boundary against trying every request of a small universe: 100,000 random pairs of lists, no false yes, no false
//! no, and every example shows what it says.
//!
//! The universe has, for each field, every kind of value that the conditions of the test can tell apart: all named
//! values, and values that are not named for every set of patterns that can match together.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use vouchsafe_policy::{Field, Glob, Grant, GrantSource, Level, Need, Permissions, Rule, RuleList, boundary};

/// A small generator, the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % limit as u64).expect("small")
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

#[derive(Clone, Debug)]
enum Fact {
    Missing,
    Text(String),
    List(Vec<String>),
    Pairs(Vec<(String, String)>),
}

/// A field, the conditions on it that rules have, and every value that matters.
struct Axis {
    field: Field,
    conditions: Vec<Value>,
    facts: Vec<Fact>,
    /// For each condition and fact, whether it holds in a rule that allows and in one that forbids.
    holding: Vec<Vec<[bool; 2]>>,
}

impl Axis {
    fn new(field: Field, conditions: &[Value], facts: Vec<Fact>) -> Self {
        let both = |test: &Value, fact: &Fact| [false, true].map(|inverted| holds(test, fact, inverted));
        let row = |test: &Value| facts.iter().map(|fact| both(test, fact)).collect();
        Self { field, holding: conditions.iter().map(row).collect(), conditions: conditions.to_vec(), facts }
    }
}

struct World {
    subject: &'static str,
    action: &'static str,
    axes: Vec<Axis>,
    /// How many objects there are; one more stands for "somewhere at all?".
    size: usize,
}

/// A rule, and the objects that it applies to.
struct Known {
    rule: Rule,
    applies: Vec<u64>,
}

fn text_holds(test: &Value, value: &str) -> bool {
    match test {
        Value::String(wanted) => wanted == value,
        Value::Object(operators) => operators.iter().all(|(operator, wanted)| match operator.as_str() {
            "$eq" => wanted == value,
            "$ne" => wanted != value,
            "$in" => wanted.as_array().expect("a list").iter().any(|wanted| wanted == value),
            "$glob" => Glob::new(wanted.as_str().expect("a pattern")).expect("valid").matches(value),
            other => panic!("{other}"),
        }),
        other => panic!("{other}"),
    }
}

fn holds(condition: &Value, fact: &Fact, inverted: bool) -> bool {
    match fact {
        Fact::Missing => inverted,
        Fact::Text(value) => text_holds(condition, value),
        Fact::List(values) => values.iter().any(|value| text_holds(condition, value)),
        Fact::Pairs(pairs) => {
            let wanted = &condition["$elemMatch"];
            let fits = |part: &str, value: &str| wanted.get(part).is_none_or(|test| text_holds(test, value));
            pairs.iter().any(|(key, value)| fits("key", key) && fits("value", value))
        }
    }
}

impl World {
    fn new(subject: &'static str, action: &'static str, axes: Vec<Axis>) -> Self {
        let size = axes.iter().map(|axis| axis.facts.len()).product();
        Self { subject, action, axes, size }
    }

    /// A random rule, with conditions on some fields.
    fn rule(&self, dice: &mut Dice) -> Known {
        let inverted = dice.one_in(3);
        let mut conditions: Vec<Option<usize>> = Vec::new();
        for axis in &self.axes {
            conditions.push(if dice.one_in(2) { Some(dice.below(axis.conditions.len())) } else { None });
        }
        let unconditional = conditions.iter().all(Option::is_none);
        let mut applies = vec![0_u64; (self.size + 1).div_ceil(64)];
        for object in 0..self.size {
            let mut rest = object;
            let mut fits = true;
            for (axis, test) in self.axes.iter().zip(&conditions) {
                let fact = rest % axis.facts.len();
                rest /= axis.facts.len();
                fits &= test.is_none_or(|test| axis.holding[test][fact][usize::from(inverted)]);
            }
            if fits {
                applies[object / 64] |= 1 << (object % 64);
            }
        }
        if unconditional || !inverted {
            applies[self.size / 64] |= 1 << (self.size % 64);
        }
        let named: Map<String, Value> = self
            .axes
            .iter()
            .zip(&conditions)
            .filter_map(|(axis, test)| {
                Some((axis.field.name().to_owned(), axis.conditions[(*test)?].clone()))
            })
            .collect();
        let mut json = json!({ "subject": self.subject, "action": self.action, "inverted": inverted });
        if !unconditional {
            json["conditions"] = Value::Object(named);
        }
        let list = RuleList::parse(Level::Project, &json!([json])).expect("valid");
        Known { rule: list.into_rules().remove(0), applies }
    }

    fn need(&self) -> Need {
        Need { level: Level::Project, subject: self.subject, action: self.action }
    }
}

fn compiled(rules: &[&Known]) -> Permissions {
    let rules = rules.iter().map(|known| known.rule.clone()).collect();
    let grant = Grant { source: GrantSource::Role { slug: "r".into() }, rules };
    Permissions::compile(Level::Project, &[grant]).expect("valid")
}

fn allowed(rules: &[&Known], words: usize) -> Vec<u64> {
    let mut allowed = vec![0; words];
    for known in rules {
        for (word, applies) in allowed.iter_mut().zip(&known.applies) {
            *word = if known.rule.inverted { *word & !applies } else { *word | applies };
        }
    }
    allowed
}

fn random_list<'a>(pool: &'a [Known], longest: usize, dice: &mut Dice) -> Vec<&'a Known> {
    (0..=dice.below(longest)).map(|_| dice.pick(pool)).collect()
}

/// A list that is not far from another one.
fn similar<'a>(list: &[&'a Known], pool: &'a [Known], dice: &mut Dice) -> Vec<&'a Known> {
    let mut list = list.to_vec();
    for _ in 0..=dice.below(2) {
        match dice.below(4) {
            // The same rules in any order.
            3 => (1..list.len()).for_each(|at| list.swap(at, dice.below(at + 1))),
            0 if !list.is_empty() => drop(list.remove(dice.below(list.len()))),
            1 if list.len() > 1 => {
                let (one, other) = (dice.below(list.len()), dice.below(list.len()));
                list.swap(one, other);
            }
            _ => list.insert(dice.below(list.len() + 1), dice.pick(pool)),
        }
    }
    list
}

/// Compares `pairs` random pairs; answers how many were held.
fn try_pairs(world: &World, pairs: usize, longest: usize, seed: u64) -> usize {
    let mut dice = Dice(seed);
    let pool: Vec<Known> = (0..600).map(|_| world.rule(&mut dice)).collect();
    let words = (world.size + 1).div_ceil(64);
    let mut held = 0;
    for _ in 0..pairs {
        let target = random_list(&pool, longest, &mut dice);
        let actor = if dice.one_in(2) {
            random_list(&pool, longest, &mut dice)
        } else {
            similar(&target, &pool, &mut dice)
        };
        let (theirs, ours) = (allowed(&target, words), allowed(&actor, words));
        let expected = theirs.iter().zip(&ours).all(|(theirs, ours)| theirs & !ours == 0);
        let (target, actor) = (compiled(&target), compiled(&actor));
        let shown = || format!("actor {:?}\ntarget {:?}", rules(&actor, world), rules(&target, world));
        match boundary(&actor, &target) {
            Ok(()) => assert!(expected, "a false yes\n{}", shown()),
            Err(missing) => {
                assert!(!expected, "a false no: {missing}\n{}", shown());
                let example = missing.counter_example.unwrap_or_else(|| panic!("not decided\n{}", shown()));
                let separates = example.with_object(|object| {
                    target.allows(world.need(), object) && !actor.allows(world.need(), object)
                });
                assert!(separates, "{} shows nothing\n{}", example.in_words(), shown());
                assert!(!missing.permissions.is_empty());
            }
        }
        held += usize::from(expected);
    }
    held
}

fn rules(permissions: &Permissions, world: &World) -> String {
    let rules: Vec<&Rule> = permissions.rules_on(world.subject).collect();
    serde_json::to_string(&rules).expect("JSON")
}

/// Of these texts, one for each way in which the conditions can hold, and every named one.
fn kinds(texts: impl IntoIterator<Item = String>, conditions: &[Value]) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    for text in texts {
        // Each operator for itself: they are mixed with others.
        let kind: Vec<bool> = conditions.iter().map(|test| text_holds(test, &text)).collect();
        if seen.insert(kind) {
            kept.push(text);
        }
    }
    kept
}

fn texts(field: Field, conditions: &[Value], all: Vec<String>, optional: bool) -> Axis {
    let facts = kinds(all, conditions).into_iter().map(Fact::Text);
    let facts = facts.chain(optional.then_some(Fact::Missing)).collect();
    Axis::new(field, conditions, facts)
}

fn environments() -> Axis {
    let conditions = [
        json!("dev"),
        json!({ "$eq": "prod" }),
        json!({ "$ne": "dev" }),
        json!({ "$in": ["dev", "prod"] }),
        json!({ "$glob": "d*" }),
        json!({ "$glob": "*" }),
        json!({ "$glob": "{prod,qa-?}" }),
        json!({ "$glob": "[!d]*", "$ne": "prod" }),
    ];
    let all = ["dev", "prod", "d", "e", "qa-1", "qa-12", "other", "-"].map(str::to_owned).to_vec();
    texts(Field::Environment, &conditions, all, false)
}

fn paths() -> Axis {
    let conditions = [
        json!("/"),
        json!({ "$eq": "/a" }),
        json!({ "$ne": "/a/b" }),
        json!({ "$in": ["/a/b", "/b"] }),
        json!({ "$glob": "/**" }),
        json!({ "$glob": "/*" }),
        json!({ "$glob": "/a/**" }),
        json!({ "$glob": "/a/*" }),
        json!({ "$glob": "/**/b" }),
        json!({ "$glob": "/{a,b}/?" }),
        json!({ "$glob": "/a*/**" }),
        json!({ "$glob": "/a/**", "$ne": "/a" }),
    ];
    let segments = ["a", "b", "ab", "x", "xy"];
    let mut all = vec!["/".to_owned()];
    let mut last = vec![String::new()];
    for _ in 0..4 {
        last = last.iter().flat_map(|path| segments.map(|segment| format!("{path}/{segment}"))).collect();
        all.extend(last.iter().cloned());
    }
    texts(Field::SecretPath, &conditions, all, false)
}

fn names() -> Axis {
    let conditions = [
        json!("KEY"),
        json!({ "$ne": "KEY" }),
        json!({ "$glob": "K*" }),
        json!({ "$glob": "*_URL" }),
        json!({ "$glob": "*" }),
    ];
    let all = ["KEY", "K", "K_URL", "_URL", "x"].map(str::to_owned).to_vec();
    texts(Field::SecretName, &conditions, all, true)
}

fn tags() -> Axis {
    let conditions = [json!({ "$in": ["t"] }), json!({ "$in": ["u"] }), json!({ "$in": ["t", "v"] })];
    let mut facts = vec![Fact::Missing];
    for subset in 0..16_usize {
        let chosen = ["t", "u", "v", "w"].iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1);
        facts.push(Fact::List(chosen.map(|(_, tag)| (*tag).to_owned()).collect()));
    }
    Axis::new(Field::SecretTags, &conditions, facts)
}

fn metadata() -> Axis {
    let conditions = [
        json!({ "$elemMatch": { "key": "team", "value": "a" } }),
        json!({ "$elemMatch": { "key": { "$glob": "t*" }, "value": { "$ne": "a" } } }),
        json!({ "$elemMatch": { "value": { "$in": ["a", "b"] } } }),
        json!({ "$elemMatch": { "key": { "$in": ["team", "x"] } } }),
        json!({ "$elemMatch": { "key": { "$ne": "team" }, "value": { "$glob": "b*" } } }),
    ];
    let mut single = Vec::new();
    for key in ["team", "t", "x", "y"] {
        for value in ["a", "b", "bc", "c", ""] {
            single.push((key.to_owned(), value.to_owned()));
        }
    }
    let mut facts = vec![Fact::Missing, Fact::Pairs(Vec::new())];
    for (at, one) in single.iter().enumerate() {
        facts.push(Fact::Pairs(vec![one.clone()]));
        facts.extend(single[..at].iter().map(|other| Fact::Pairs(vec![one.clone(), other.clone()])));
    }
    // Larger sets too.
    facts.push(Fact::Pairs(single[..3].to_vec()));
    facts.push(Fact::Pairs(single));
    let mut seen = HashSet::new();
    facts.retain(|fact| {
        seen.insert(conditions.iter().map(|test| holds(test, fact, true)).collect::<Vec<_>>())
            || matches!(fact, Fact::Missing)
    });
    Axis::new(Field::Metadata, &conditions, facts)
}

fn ids(field: Field) -> Axis {
    let conditions = [
        json!("one"),
        json!({ "$ne": "one" }),
        json!({ "$in": ["one", "two"] }),
        json!({ "$glob": "t*" }),
        json!({ "$glob": "**" }),
    ];
    let all = ["one", "two", "t", "x", "t/x", "a/b"].map(str::to_owned).to_vec();
    texts(field, &conditions, all, true)
}

#[test]
fn exact_on_100_000_pairs() {
    let secrets = || World::new("secrets", "readValue", vec![environments(), paths(), names(), tags()]);
    let dynamic = || World::new("dynamic-secrets", "lease", vec![environments(), paths(), metadata()]);
    let identities =
        || World::new("identity", "assign-role", vec![ids(Field::IdentityId), ids(Field::AssignableRole)]);
    let folders = || World::new("secret-folders", "edit", vec![paths()]);
    let runs = [
        std::thread::spawn(move || try_pairs(&secrets(), 25_000, 6, 1)),
        std::thread::spawn(move || try_pairs(&dynamic(), 20_000, 6, 2)),
        std::thread::spawn(move || try_pairs(&identities(), 25_000, 6, 3)),
        std::thread::spawn(move || try_pairs(&folders(), 25_000, 6, 4)),
        std::thread::spawn(move || try_pairs(&secrets(), 5_000, 24, 5)),
    ];
    for run in runs {
        // Both answers must be common, or the test would say little.
        let held = run.join().expect("no pair failed");
        assert!((500..20_000).contains(&held), "{held}");
    }
}
