//! One test on one field.

use std::hash::{Hash, Hasher};
use std::ops::Deref;

use serde_json::{Map, Value};

use crate::error::Located;
use crate::field::Kind;
use crate::glob::{self, MAX_LENGTH};
use crate::template::{self, TemplateError, TemplateUse, TemplateValues};
use crate::{ConditionError, Field, Glob};

/// How many values `$in` may list.
const MAX_VALUES: usize = 1000;

/// One test on the value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `$eq`: is this value.
    Eq(String),
    /// `$ne`: is not this value.
    Ne(String),
    /// `$in`: is one of these values.
    In(Vec<String>),
    /// `$glob`: matches this pattern.
    Glob(Glob),
    /// `$elemMatch`: one of the pairs fits.
    ElemMatch(ElemMatch),
}

/// What `$elemMatch` asks of one key-value pair: all tests must hold on the same pair.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ElemMatch {
    /// Tests on the key; none: any.
    pub key: Tests,
    /// Tests on the value; none: any.
    pub value: Tests,
}

/// Tests on one value: all of them must hold.
#[derive(Debug, Clone, Default)]
pub struct Tests {
    operators: Vec<Operator>,
    /// Came as a plain string, and goes out as one.
    plain: bool,
}

/// Two ways to write the same tests are the same tests.
impl PartialEq for Tests {
    fn eq(&self, other: &Self) -> bool {
        self.operators == other.operators
    }
}

impl Eq for Tests {}

impl Hash for Tests {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.operators.hash(state);
    }
}

impl Deref for Tests {
    type Target = [Operator];

    fn deref(&self) -> &[Operator] {
        &self.operators
    }
}

impl Tests {
    /// Reads a condition value: a plain string is `$eq`, an object holds operators which must all hold.
    pub(crate) fn parse(field: Field, value: &Value) -> Result<Self, Located> {
        let operators = match value {
            Value::String(plain) => vec![Operator::Eq(text(field, plain)?).suits(field)?],
            Value::Object(map) => map
                .iter()
                .map(|(name, value)| {
                    Operator::parse(field, name, value)
                        .and_then(|operator| operator.suits(field))
                        .map_err(|error| error.below(name))
                })
                .collect::<Result<_, _>>()?,
            _ => return Err(wrong_type(field, "a string or an object of operators")),
        };
        if operators.is_empty() {
            return Err(ConditionError::Empty(field.name()).into());
        }
        Ok(Self { operators, plain: value.is_string() })
    }

    /// As they came.
    pub(crate) fn to_json(&self) -> Value {
        match self.operators.as_slice() {
            [Operator::Eq(value)] if self.plain => Value::from(value.as_str()),
            operators => Value::Object(
                operators.iter().map(|operator| (operator.name().to_owned(), operator.to_json())).collect(),
            ),
        }
    }

    /// With values in place of templates; `None` if one is missing.
    pub(crate) fn fill(&self, values: &TemplateValues) -> Option<Self> {
        let operators = self.operators.iter().map(|operator| operator.fill(values)).collect::<Option<_>>()?;
        Some(Self { operators, plain: self.plain })
    }

    pub(crate) fn templates(&self) -> TemplateUse {
        self.operators.iter().fold(TemplateUse::default(), |all, operator| all | operator.templates())
    }

    /// What is quickly decided comes first.
    pub(crate) fn sort_by_cost(&mut self) {
        self.operators.sort_by_key(Operator::cost);
    }
}

impl Operator {
    /// The name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Eq(_) => "$eq",
            Self::Ne(_) => "$ne",
            Self::In(_) => "$in",
            Self::Glob(_) => "$glob",
            Self::ElemMatch(_) => "$elemMatch",
        }
    }

    fn parse(field: Field, name: &str, value: &Value) -> Result<Self, Located> {
        match name {
            "$eq" => Ok(Self::Eq(string(field, value)?)),
            "$ne" => Ok(Self::Ne(string(field, value)?)),
            "$in" => Ok(Self::In(strings(field, value)?)),
            "$glob" => {
                let pattern = value.as_str().ok_or_else(|| wrong_type(field, "a string"))?;
                if pattern.trim().is_empty() {
                    return Err(ConditionError::Empty(field.name()).into());
                }
                let wrong = |error| ConditionError::Glob { field: field.name(), error };
                template::check_pattern(pattern).map_err(|error| unusable(field, error))?;
                Ok(Self::Glob(Glob::new(pattern).map_err(wrong)?))
            }
            "$elemMatch" => {
                let map = value.as_object().ok_or_else(|| wrong_type(field, "an object of key and value"))?;
                Ok(Self::ElemMatch(ElemMatch::parse(field, map)?))
            }
            _ => {
                let operator = name.chars().take(80).collect();
                Err(ConditionError::UnknownOperator { field: field.name(), operator }.into())
            }
        }
    }

    /// Is this operator one that the field accepts, with values it can have?
    fn suits(self, field: Field) -> Result<Self, Located> {
        if !field.operators().contains(&self.name()) {
            let operator = self.name();
            return Err(ConditionError::OperatorNotAllowed { field: field.name(), operator }.into());
        }
        if field.kind() == Kind::Path && self.literals().iter().any(|value| !value.starts_with('/')) {
            return Err(ConditionError::NotAbsolute { field: field.name() }.into());
        }
        Ok(self)
    }

    /// The values that the operator names literally.
    pub(crate) fn literals(&self) -> &[String] {
        match self {
            Self::Eq(value) | Self::Ne(value) => std::slice::from_ref(value),
            Self::In(values) => values,
            Self::Glob(_) | Self::ElemMatch(_) => &[],
        }
    }

    /// Does it hold for one string?
    pub(crate) fn holds(&self, value: &str) -> bool {
        match self {
            Self::Eq(wanted) => wanted == value,
            Self::Ne(unwanted) => unwanted != value,
            Self::In(wanted) => wanted.iter().any(|wanted| wanted == value),
            Self::Glob(glob) => glob.matches(value),
            Self::ElemMatch(_) => false,
        }
    }

    /// Does it hold for key-value pairs?
    pub(crate) fn holds_for_pairs(&self, pairs: &[(&str, &str)]) -> bool {
        let Self::ElemMatch(wanted) = self else { return false };
        pairs.iter().any(|(key, value)| wanted.holds(key, value))
    }

    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Eq(value) | Self::Ne(value) => Value::from(value.as_str()),
            Self::In(values) => Value::from(values.clone()),
            Self::Glob(glob) => Value::from(glob.pattern()),
            Self::ElemMatch(pair) => pair.to_json(),
        }
    }

    fn fill(&self, values: &TemplateValues) -> Option<Self> {
        let literal = |text: &String| template::fill(text, values, |value, filled| filled.push_str(value));
        match self {
            Self::Eq(value) => literal(value).map(Self::Eq),
            Self::Ne(value) => literal(value).map(Self::Ne),
            Self::In(listed) => listed.iter().map(literal).collect::<Option<_>>().map(Self::In),
            Self::Glob(glob) if self.templates().any() => {
                let pattern = template::fill(glob.pattern(), values, glob::escape)?;
                Glob::filled(&pattern).ok().map(Self::Glob)
            }
            Self::Glob(glob) => Some(Self::Glob(glob.clone())),
            Self::ElemMatch(pair) => {
                let (key, value) = (pair.key.fill(values)?, pair.value.fill(values)?);
                Some(Self::ElemMatch(ElemMatch { key, value }))
            }
        }
    }

    fn templates(&self) -> TemplateUse {
        match self {
            Self::Eq(_) | Self::Ne(_) | Self::In(_) => self
                .literals()
                .iter()
                .fold(TemplateUse::default(), |all, value| all | TemplateUse::in_text(value)),
            Self::Glob(glob) => TemplateUse::in_text(glob.pattern()),
            Self::ElemMatch(pair) => pair.key.templates() | pair.value.templates(),
        }
    }

    /// How much memory its patterns take, in bytes.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Glob(glob) => glob.size(),
            Self::ElemMatch(pair) => pair.key.iter().chain(pair.value.iter()).map(Self::size).sum(),
            Self::Eq(_) | Self::Ne(_) | Self::In(_) => 0,
        }
    }

    /// How long a decision may take, roughly.
    pub(crate) fn cost(&self) -> usize {
        match self {
            Self::Eq(_) | Self::Ne(_) => 0,
            Self::In(values) => 1 + values.len(),
            Self::Glob(_) | Self::ElemMatch(_) => 20,
        }
    }
}

impl ElemMatch {
    /// The parts of a pair, as the wire names them.
    pub const PARTS: [&str; 2] = ["key", "value"];
    /// Key and value are texts of their own: they take what a text takes.
    const PART: Field = Field::Name;

    /// The operators that tests on a part may use, as the wire names them.
    pub fn operators() -> &'static [&'static str] {
        Self::PART.operators()
    }

    fn parse(field: Field, map: &Map<String, Value>) -> Result<Self, Located> {
        let mut pair = Self { key: Tests::default(), value: Tests::default() };
        for (name, value) in map {
            let part = match name.as_str() {
                "key" => &mut pair.key,
                "value" => &mut pair.value,
                _ => return Err(wrong_type(field, "an object of key and value").below(name)),
            };
            *part = Tests::parse(Self::PART, value).map_err(|error| error.said_of(field).below(name))?;
        }
        if pair.key.is_empty() && pair.value.is_empty() {
            return Err(ConditionError::Empty(field.name()).into());
        }
        Ok(pair)
    }

    /// Does this pair fit?
    pub(crate) fn holds(&self, key: &str, value: &str) -> bool {
        self.key.iter().all(|test| test.holds(key)) && self.value.iter().all(|test| test.holds(value))
    }

    fn to_json(&self) -> Value {
        let parts = [("key", &self.key), ("value", &self.value)];
        let given = parts.into_iter().filter(|(_, tests)| !tests.is_empty());
        Value::Object(given.map(|(name, tests)| (name.to_owned(), tests.to_json())).collect())
    }
}

fn strings(field: Field, value: &Value) -> Result<Vec<String>, Located> {
    let values = value.as_array().ok_or_else(|| wrong_type(field, "a list of strings"))?;
    if values.is_empty() {
        return Err(ConditionError::Empty(field.name()).into());
    }
    if values.len() > MAX_VALUES {
        return Err(ConditionError::TooMany { field: field.name(), limit: MAX_VALUES }.into());
    }
    let read = |(at, value)| string(field, value).map_err(|error| error.at(at));
    values.iter().enumerate().map(read).collect()
}

fn string(field: Field, value: &Value) -> Result<String, Located> {
    text(field, value.as_str().ok_or_else(|| wrong_type(field, "a string"))?)
}

fn text(field: Field, value: &str) -> Result<String, Located> {
    if value.trim().is_empty() {
        return Err(ConditionError::Empty(field.name()).into());
    }
    if value.len() > MAX_LENGTH {
        return Err(ConditionError::TooLong { field: field.name(), limit: MAX_LENGTH }.into());
    }
    template::check(value).map_err(|error| unusable(field, error))?;
    Ok(value.to_owned())
}

fn unusable(field: Field, error: TemplateError) -> ConditionError {
    ConditionError::Template { field: field.name(), error }
}

fn wrong_type(field: Field, expected: &'static str) -> Located {
    ConditionError::WrongType { field: field.name(), expected }.into()
}
