//! When a rule applies.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Located;
use crate::object::Fact;
use crate::operator::Tests;
use crate::template::{TemplateUse, TemplateValues};
use crate::{ConditionError, Field, Object, Operator};

/// The conditions of a rule: all of them must hold. If a value exists, it is valid; it is echoed as it came.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct Conditions(Vec<Condition>);

/// The tests on one field: all of them must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Condition {
    field: Field,
    tests: Tests,
}

impl Conditions {
    /// Reads and checks the `conditions` of a rule.
    pub fn parse(map: &Map<String, Value>) -> Result<Self, ConditionError> {
        Self::locate(map).map_err(|located| located.error)
    }

    /// The same, with the place of an error.
    pub(crate) fn locate(map: &Map<String, Value>) -> Result<Self, Located> {
        let condition = |name: &String, value| {
            let field = Field::from_name(name)
                .ok_or_else(|| ConditionError::UnknownField(name.chars().take(80).collect()))?;
            Ok(Condition { field, tests: Tests::parse(field, value)? })
        };
        let read = |(name, value)| condition(name, value).map_err(|error: Located| error.below(name));
        map.iter().map(read).collect::<Result<_, _>>().map(Self)
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

    /// The first field whose condition does not hold.
    pub(crate) fn failing(&self, object: &Object<'_>, unknown: bool) -> Option<Field> {
        self.0.iter().find(|condition| !condition.holds(object, unknown)).map(Condition::field)
    }

    /// With values in place of templates, and what is quickly decided first; `None` if a value is missing.
    pub(crate) fn fill(&self, values: &TemplateValues) -> Option<Self> {
        let fill = |condition: &Condition| {
            let mut tests = condition.tests.fill(values)?;
            tests.sort_by_cost();
            Some(Condition { field: condition.field, tests })
        };
        let mut filled: Vec<Condition> = self.0.iter().map(fill).collect::<Option<_>>()?;
        filled.sort_by_key(|condition| condition.tests.iter().map(Operator::cost).sum::<usize>());
        Some(Self(filled))
    }

    /// How much memory their patterns take, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.0.iter().flat_map(|condition| condition.tests.iter()).map(Operator::size).sum()
    }

    pub(crate) fn templates(&self) -> TemplateUse {
        self.0.iter().fold(TemplateUse::default(), |all, condition| all | condition.tests.templates())
    }
}

impl Condition {
    /// The field that is looked at.
    pub fn field(&self) -> Field {
        self.field
    }

    /// The tests on it.
    pub fn operators(&self) -> &[Operator] {
        &self.tests
    }

    pub(crate) fn tests(&self) -> &Tests {
        &self.tests
    }

    fn holds(&self, object: &Object<'_>, unknown: bool) -> bool {
        match object.fact(self.field) {
            Fact::Missing => unknown,
            Fact::Text(value) => self.tests.iter().all(|operator| operator.holds(value)),
            Fact::List(values) => {
                self.tests.iter().all(|operator| values.iter().any(|value| operator.holds(value)))
            }
            Fact::Pairs(pairs) => self.tests.iter().all(|operator| operator.holds_for_pairs(pairs)),
        }
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
            .map(|condition| (condition.field.name().to_owned(), condition.tests.to_json()))
            .collect()
    }
}
