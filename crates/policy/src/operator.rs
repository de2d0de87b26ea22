//! One test on one field.

use serde_json::{Map, Value};

use crate::field::Kind;
use crate::{ConditionError, Field, Glob};

/// How many values `$in` may list.
const MAX_VALUES: usize = 1000;

/// One test on the value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElemMatch {
    /// Tests on the key.
    pub key: Vec<Operator>,
    /// Tests on the value.
    pub value: Vec<Operator>,
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

    /// Reads a condition value: a plain string is `$eq`, an object holds operators which must all hold.
    pub(crate) fn parse_all(field: Field, value: &Value) -> Result<Vec<Self>, ConditionError> {
        let operators = match value {
            Value::String(plain) => vec![Self::Eq(text(field, plain)?)],
            Value::Object(map) => {
                map.iter().map(|(name, value)| Self::parse(field, name, value)).collect::<Result<_, _>>()?
            }
            _ => return Err(wrong_type(field, "a string or an object of operators")),
        };
        if operators.is_empty() {
            return Err(ConditionError::Empty(field.name()));
        }
        for operator in &operators {
            operator.suits(field)?;
        }
        Ok(operators)
    }

    fn parse(field: Field, name: &str, value: &Value) -> Result<Self, ConditionError> {
        match name {
            "$eq" => Ok(Self::Eq(string(field, value)?)),
            "$ne" => Ok(Self::Ne(string(field, value)?)),
            "$in" => {
                let values = value.as_array().ok_or_else(|| wrong_type(field, "a list of strings"))?;
                if values.is_empty() {
                    return Err(ConditionError::Empty(field.name()));
                }
                if values.len() > MAX_VALUES {
                    return Err(ConditionError::TooMany { field: field.name(), limit: MAX_VALUES });
                }
                Ok(Self::In(values.iter().map(|value| string(field, value)).collect::<Result<_, _>>()?))
            }
            "$glob" => {
                let pattern = string(field, value)?;
                let glob = Glob::new(&pattern)
                    .map_err(|error| ConditionError::Glob { field: field.name(), error })?;
                Ok(Self::Glob(glob))
            }
            "$elemMatch" => {
                let map = value.as_object().ok_or_else(|| wrong_type(field, "an object of key and value"))?;
                Ok(Self::ElemMatch(ElemMatch::parse(field, map)?))
            }
            _ => Err(ConditionError::UnknownOperator { field: field.name(), operator: name.to_owned() }),
        }
    }

    /// Is this operator one that the field accepts, with values it can have?
    fn suits(&self, field: Field) -> Result<(), ConditionError> {
        let allowed = match field.kind() {
            Kind::Text | Kind::Path => !matches!(self, Self::ElemMatch(_)),
            Kind::Id => matches!(self, Self::Eq(_) | Self::Ne(_) | Self::In(_)),
            Kind::List => matches!(self, Self::In(_)),
            Kind::Pairs => matches!(self, Self::ElemMatch(_)),
        };
        if !allowed {
            return Err(ConditionError::OperatorNotAllowed { field: field.name(), operator: self.name() });
        }
        if field.kind() == Kind::Path
            && let Some(value) = self.literals().iter().find(|value| !value.starts_with('/'))
        {
            return Err(ConditionError::NotAbsolute { field: field.name(), value: value.clone() });
        }
        Ok(())
    }

    /// The values that the operator names literally.
    pub(crate) fn literals(&self) -> &[String] {
        match self {
            Self::Eq(value) | Self::Ne(value) => std::slice::from_ref(value),
            Self::In(values) => values,
            Self::Glob(_) | Self::ElemMatch(_) => &[],
        }
    }

    /// The only values for which it can hold, if they can be listed.
    pub(crate) fn only(&self) -> Option<&[String]> {
        matches!(self, Self::Eq(_) | Self::In(_)).then(|| self.literals())
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
        pairs.iter().any(|(key, value)| {
            wanted.key.iter().all(|test| test.holds(key)) && wanted.value.iter().all(|test| test.holds(value))
        })
    }

    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Eq(value) | Self::Ne(value) => Value::from(value.as_str()),
            Self::In(values) => Value::from(values.clone()),
            Self::Glob(glob) => Value::from(glob.pattern()),
            Self::ElemMatch(pair) => pair.to_json(),
        }
    }

    pub(crate) fn all_to_json(operators: &[Self]) -> Value {
        Value::Object(
            operators.iter().map(|operator| (operator.name().to_owned(), operator.to_json())).collect(),
        )
    }
}

impl ElemMatch {
    fn parse(field: Field, map: &Map<String, Value>) -> Result<Self, ConditionError> {
        let mut pair = Self { key: Vec::new(), value: Vec::new() };
        for (name, value) in map {
            // Key and value are texts of their own: they take what a text takes.
            let tests = Operator::parse_all(Field::Name, value).map_err(|error| inside(field, error))?;
            match name.as_str() {
                "key" => pair.key = tests,
                "value" => pair.value = tests,
                _ => return Err(wrong_type(field, "an object of key and value")),
            }
        }
        if pair.key.is_empty() && pair.value.is_empty() {
            return Err(ConditionError::Empty(field.name()));
        }
        Ok(pair)
    }

    fn to_json(&self) -> Value {
        let parts = [("key", &self.key), ("value", &self.value)];
        let given = parts.into_iter().filter(|(_, tests)| !tests.is_empty());
        Value::Object(given.map(|(name, tests)| (name.to_owned(), Self::part(tests))).collect())
    }

    fn part(tests: &[Operator]) -> Value {
        match tests {
            [Operator::Eq(plain)] => Value::from(plain.as_str()),
            _ => Operator::all_to_json(tests),
        }
    }
}

/// The same error, said of the field that the pair belongs to.
fn inside(outer: Field, error: ConditionError) -> ConditionError {
    let field = outer.name();
    match error {
        ConditionError::UnknownOperator { operator, .. } => {
            ConditionError::UnknownOperator { field, operator }
        }
        ConditionError::OperatorNotAllowed { operator, .. } => {
            ConditionError::OperatorNotAllowed { field, operator }
        }
        ConditionError::Empty(_) => ConditionError::Empty(field),
        ConditionError::WrongType { expected, .. } => ConditionError::WrongType { field, expected },
        ConditionError::TooMany { limit, .. } => ConditionError::TooMany { field, limit },
        ConditionError::Glob { error, .. } => ConditionError::Glob { field, error },
        ConditionError::NotAbsolute { value, .. } => ConditionError::NotAbsolute { field, value },
        error @ ConditionError::UnknownField(_) => error,
    }
}

fn string(field: Field, value: &Value) -> Result<String, ConditionError> {
    text(field, value.as_str().ok_or_else(|| wrong_type(field, "a string"))?)
}

fn text(field: Field, value: &str) -> Result<String, ConditionError> {
    if value.trim().is_empty() { Err(ConditionError::Empty(field.name())) } else { Ok(value.to_owned()) }
}

fn wrong_type(field: Field, expected: &'static str) -> ConditionError {
    ConditionError::WrongType { field: field.name(), expected }
}
