//! Arguments of functions, read as Go would.

use gotmpl::{TemplateError, Value};

pub(super) type Outcome<T = Value> = Result<T, TemplateError>;
/// A function that needs nothing but its arguments.
pub(super) type Pure = fn(&Arguments<'_>) -> Outcome;

/// Largest text or list that a function makes, in bytes or entries.
pub(super) const LARGEST: usize = 8 * 1024 * 1024;

/// What a function was called with.
pub(super) struct Arguments<'a> {
    pub(super) name: &'static str,
    pub(super) all: &'a [Value],
}

impl<'a> Arguments<'a> {
    /// Exactly so many.
    pub(super) fn exactly<const N: usize>(&self) -> Outcome<&'a [Value; N]> {
        self.all
            .try_into()
            .map_err(|_| self.wrong(&format!("expected {N} arguments, found {}", self.all.len())))
    }

    /// At least one, and the rest.
    pub(super) fn first(&self) -> Outcome<(&'a Value, &'a [Value])> {
        self.all.split_first().ok_or_else(|| self.wrong("expected an argument"))
    }

    /// A text; Go converts nothing to one by itself.
    pub(super) fn text(&self, value: &'a Value) -> Outcome<&'a str> {
        value.as_str().ok_or_else(|| self.wrong(&format!("expected a text, found {}", value.type_name())))
    }

    /// Exactly so many texts.
    pub(super) fn texts<const N: usize>(&self) -> Outcome<[&'a str; N]> {
        let mut texts = [""; N];
        for (text, value) in texts.iter_mut().zip(self.exactly::<N>()?) {
            *text = self.text(value)?;
        }
        Ok(texts)
    }

    pub(super) fn list(&self, value: &'a Value) -> Outcome<&'a [Value]> {
        match value {
            Value::List(list) => Ok(list),
            other => Err(self.wrong(&format!("expected a list, found {}", other.type_name()))),
        }
    }

    /// A whole number, as Go takes one where it is written.
    pub(super) fn count(&self, value: &Value) -> Outcome<i64> {
        match value {
            Value::Int(number) => Ok(*number),
            other => Err(self.wrong(&format!("expected a whole number, found {}", other.type_name()))),
        }
    }

    pub(super) fn wrong(&self, what: &str) -> TemplateError {
        TemplateError::Exec(format!("{}: {what}", self.name))
    }

    /// The text, if it is not too long.
    pub(super) fn made(&self, text: String) -> Outcome {
        if text.len() > LARGEST {
            Err(self.wrong("the text is larger than 8 MiB"))
        } else {
            Ok(text_of(text))
        }
    }
}

pub(super) fn text_of(text: impl Into<std::sync::Arc<str>>) -> Value {
    Value::String(text.into())
}

/// Whether a value counts as nothing.
pub(super) fn is_empty(value: &Value) -> bool {
    !value.is_truthy()
}

/// The number that a value means; 0 if it means none.
pub(super) fn number(value: &Value) -> i64 {
    match value {
        Value::Bool(is) => i64::from(*is),
        Value::String(text) => text.parse().unwrap_or_default(),
        other => other.as_int().unwrap_or_default(),
    }
}

/// The same with a fraction.
pub(super) fn fraction(value: &Value) -> f64 {
    match value {
        Value::Bool(is) => f64::from(u8::from(*is)),
        Value::String(text) => text.parse().unwrap_or_default(),
        other => other.as_float().unwrap_or_default(),
    }
}
