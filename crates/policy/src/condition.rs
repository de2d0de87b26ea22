//! When a rule applies.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::field::Kind;
use crate::object::Fact;
use crate::{ConditionError, Field, Object, Operator};

/// The conditions of a rule: all of them must hold. If a value exists, it is valid; it is echoed as it came.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct Conditions(Vec<Condition>);

/// The tests on one field: all of them must hold.
#[derive(Debug, Clone)]
pub struct Condition {
    field: Field,
    operators: Vec<Operator>,
    /// Came as a plain string, and goes out as one.
    plain: bool,
}

/// Two ways to write the same condition are the same condition.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.field == other.field && self.operators == other.operators
    }
}

impl Eq for Condition {}

impl Conditions {
    /// Reads and checks the `conditions` of a rule.
    pub fn parse(map: &Map<String, Value>) -> Result<Self, ConditionError> {
        map.iter()
            .map(|(name, value)| {
                let field =
                    Field::from_name(name).ok_or_else(|| ConditionError::UnknownField(name.clone()))?;
                let operators = Operator::parse_all(field, value)?;
                Ok(Condition { field, operators, plain: value.is_string() })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The conditions, one per field.
    pub fn iter(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter()
    }

    /// Nothing is asked: the rule always applies.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Do all conditions hold? `unknown` is the answer for a field that the object does not have.
    pub(crate) fn hold(&self, object: &Object<'_>, unknown: bool) -> bool {
        self.0.iter().all(|condition| condition.holds(object, unknown))
    }

    /// Whether wherever these hold, `other` provably holds too.
    pub(crate) fn imply(&self, other: &Self) -> bool {
        other.0.iter().all(|theirs| {
            self.0.iter().any(|ours| ours.field == theirs.field && ours.implies(&theirs.operators))
        })
    }

    /// Whether no object that has all the fields named here can meet both.
    pub(crate) fn exclude(&self, other: &Self) -> bool {
        self.0.iter().any(|ours| {
            other.0.iter().any(|theirs| ours.field == theirs.field && ours.excludes(&theirs.operators))
        })
    }
}

impl Condition {
    /// The field that is looked at.
    pub fn field(&self) -> Field {
        self.field
    }

    /// The tests on it.
    pub fn operators(&self) -> &[Operator] {
        &self.operators
    }

    fn holds(&self, object: &Object<'_>, unknown: bool) -> bool {
        match object.fact(self.field) {
            Fact::Missing => unknown,
            Fact::Text(value) => self.operators.iter().all(|operator| operator.holds(value)),
            Fact::List(values) => {
                self.operators.iter().all(|operator| values.iter().any(|value| operator.holds(value)))
            }
            Fact::Pairs(pairs) => self.operators.iter().all(|operator| operator.holds_for_pairs(pairs)),
        }
    }

    /// Each of `theirs` is one of ours, or holds for every value that ours leave possible.
    fn implies(&self, theirs: &[Operator]) -> bool {
        let only = self.only();
        theirs.iter().all(|operator| {
            self.operators.contains(operator)
                || only.is_some_and(|values| values.iter().all(|value| operator.holds(value)))
        })
    }

    /// None of the values that ours leave possible meets all of `theirs`. A list may hold several values at once.
    fn excludes(&self, theirs: &[Operator]) -> bool {
        let single = matches!(self.field.kind(), Kind::Text | Kind::Path | Kind::Id);
        let meets = |value: &String| theirs.iter().all(|operator| operator.holds(value));
        single && self.only().is_some_and(|values| !values.iter().any(meets))
    }

    /// The only values for which it can hold, if they can be listed.
    fn only(&self) -> Option<&[String]> {
        self.operators.iter().find_map(Operator::only)
    }
}

impl TryFrom<Map<String, Value>> for Conditions {
    type Error = ConditionError;

    fn try_from(map: Map<String, Value>) -> Result<Self, ConditionError> {
        Self::parse(&map)
    }
}

impl From<Conditions> for Map<String, Value> {
    fn from(conditions: Conditions) -> Self {
        conditions
            .0
            .iter()
            .map(|condition| {
                let value = match condition.operators.as_slice() {
                    [Operator::Eq(value)] if condition.plain => Value::from(value.as_str()),
                    operators => Operator::all_to_json(operators),
                };
                (condition.field.name().to_owned(), value)
            })
            .collect()
    }
}
