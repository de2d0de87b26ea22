//! Why a rule is refused.

use crate::{Field, Level, TemplateError};

/// Why a list of rules cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No such subject at this level.
    #[error("Unknown {level} permission subject '{subject}'")]
    UnknownSubject {
        /// The level that was compiled for.
        level: Level,
        /// The subject that it does not know.
        subject: String,
    },
    /// The subject has no such action.
    #[error("Unknown action '{action}' on subject '{subject}'")]
    UnknownAction {
        /// The subject.
        subject: String,
        /// The action it does not have.
        action: String,
    },
    /// The rule names no action.
    #[error("A rule on subject '{subject}' needs at least one action")]
    NoActions {
        /// The subject.
        subject: String,
    },
    /// The subject has no such condition field.
    #[error("Subject '{subject}' has no condition on '{field}'")]
    FieldNotAllowed {
        /// The subject.
        subject: String,
        /// The condition field.
        field: &'static str,
    },
}

/// Why conditions are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// No subject has such a field.
    #[error("Unknown condition field '{0}'")]
    UnknownField(String),
    /// There is no such operator.
    #[error("Unknown operator '{operator}' in the condition on '{field}'")]
    UnknownOperator {
        /// The field.
        field: &'static str,
        /// The operator.
        operator: String,
    },
    /// The operator exists, but not on this field.
    #[error("Operator '{operator}' is not supported in the condition on '{field}'")]
    OperatorNotAllowed {
        /// The field.
        field: &'static str,
        /// The operator.
        operator: &'static str,
    },
    /// An empty value, list or condition.
    #[error("The condition on '{0}' is empty")]
    Empty(&'static str),
    /// Not the JSON type that the operator takes.
    #[error("The condition on '{field}' must be {expected}")]
    WrongType {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A path that is not absolute.
    #[error("The condition on '{field}' must be a path that starts with '/'")]
    NotAbsolute {
        /// The field.
        field: &'static str,
    },
    /// A value longer than any sensible one.
    #[error("A value in the condition on '{field}' is longer than {limit} bytes")]
    TooLong {
        /// The field.
        field: &'static str,
        /// How long it may be, in bytes.
        limit: usize,
    },
    /// A template that cannot be used.
    #[error("The condition on '{field}' cannot be filled in: {error}")]
    Template {
        /// The field.
        field: &'static str,
        /// Why.
        error: TemplateError,
    },
    /// Too many values in one list.
    #[error("The condition on '{field}' lists more than {limit} values")]
    TooMany {
        /// The field.
        field: &'static str,
        /// How many are allowed.
        limit: usize,
    },
    /// A pattern that cannot be used.
    #[error("The pattern in the condition on '{field}' is not supported: {error}")]
    Glob {
        /// The field.
        field: &'static str,
        /// Why.
        error: GlobError,
    },
}

/// An error in conditions, and where it is.
#[derive(Debug)]
pub(crate) struct Located {
    /// As it is written below `conditions`, such as `.secretPath.$in[2]`.
    pub(crate) path: String,
    pub(crate) error: ConditionError,
}

impl Located {
    /// Stands below a key.
    pub(crate) fn below(mut self, key: &str) -> Self {
        let key: String = key.chars().take(80).collect();
        self.path = format!(".{key}{}", self.path);
        self
    }

    /// Stands at a place in a list.
    pub(crate) fn at(mut self, index: usize) -> Self {
        self.path = format!("[{index}]{}", self.path);
        self
    }

    /// The same error, said of the field that a pair belongs to.
    pub(crate) fn said_of(mut self, outer: Field) -> Self {
        use ConditionError as E;
        match &mut self.error {
            E::UnknownField(_) => {}
            E::Empty(field)
            | E::UnknownOperator { field, .. }
            | E::OperatorNotAllowed { field, .. }
            | E::WrongType { field, .. }
            | E::NotAbsolute { field }
            | E::TooLong { field, .. }
            | E::Template { field, .. }
            | E::TooMany { field, .. }
            | E::Glob { field, .. } => *field = outer.name(),
        }
        self
    }
}

impl From<ConditionError> for Located {
    fn from(error: ConditionError) -> Self {
        Self { path: String::new(), error }
    }
}

/// Why a list of rules is refused: where, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RuleListError {
    /// Where in the list, such as `[3].conditions.secretPath.$glob`; empty: the list itself.
    pub path: String,
    /// What is wrong there.
    pub message: String,
    /// The one mistake that the contract answers with 400: the legacy `read` beside what replaces it.
    pub legacy_read: bool,
}

/// Why a pattern is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// Longer than any sensible pattern.
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
    /// `{a,b}` stands for too many patterns.
    #[error("its braces stand for more than {0} patterns")]
    TooManyAlternatives(usize),
    /// Would need too much memory to decide.
    #[error("it is too complex")]
    TooComplex,
    /// Leading `!`, parentheses, bars: other dialects have them, here they would be read wrongly.
    #[error("'{0}' has no meaning here; use an inverted rule, '{{a,b}}' or escape it with a backslash")]
    Unsupported(char),
    /// `{a..b}`.
    #[error("ranges in braces are not supported; list the values, as in '{{a,b}}'")]
    BraceRange,
}
