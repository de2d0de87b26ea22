//! Permission rules on pages: put together in a form, written as JSON, told in words, compared.

mod check;
mod compare;
mod draft;
mod editor;
mod effect;
mod refusal;
mod view;
mod words;

pub(crate) use compare::{Line, lines};
pub(crate) use editor::{Edited, Editor, note};
pub(crate) use effect::Effect;
pub(crate) use refusal::{Beyond, missing};
pub(crate) use words::{About, RuleWords, field_in_words, from_one, in_words};

use serde_json::Value;

/// Rules as JSON that people can read and change.
pub(crate) fn pretty(rules: &[Value]) -> String {
    serde_json::to_string_pretty(rules).unwrap_or_default()
}
