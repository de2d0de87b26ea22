//! A plan for people and for programs.

use serde::Serialize;
use serde_json::Value;

use super::model::Key;
use super::plan::{Action, Change, Plan, Rewrite, Step};
use crate::failure::Outcome;
use crate::printer::{Printer, Style, printable};

/// A plan for programs.
#[derive(Serialize)]
pub(super) struct Shown {
    steps: Vec<ShownStep>,
    /// Objects that are as declared.
    unchanged: usize,
    /// Secrets that could not be compared.
    uncompared: Vec<String>,
    /// Whether the steps were taken.
    applied: bool,
}

#[derive(Serialize)]
struct ShownStep {
    action: &'static str,
    object: String,
    fields: Vec<ShownField>,
    /// Names of secrets that are written.
    secrets: Vec<&'static str>,
}

#[derive(Serialize)]
struct ShownField {
    field: &'static str,
    from: Option<Value>,
    to: Value,
}

impl Shown {
    pub(super) fn new(plan: &Plan, applied: bool) -> Self {
        let field = |change: &Change| ShownField {
            field: change.name,
            from: change.from.clone(),
            to: change.to.clone(),
        };
        let step = |step: &Step| ShownStep {
            action: match step.action {
                Action::Create => "create",
                Action::Update => "update",
                Action::Remove => "remove",
            },
            object: step.key.to_string(),
            fields: step.changes.iter().map(field).collect(),
            secrets: step.secrets.iter().map(|(name, _)| *name).collect(),
        };
        let uncompared = |(key, name): &(Key, &str)| format!("{name} of {key}");
        Self {
            steps: plan.steps.iter().map(step).collect(),
            unchanged: plan.unchanged,
            uncompared: plan.uncompared.iter().map(uncompared).collect(),
            applied,
        }
    }
}

/// The lines of a step: a mark, and what stands beside it.
fn lines(step: &Step) -> Vec<(char, String)> {
    let mark = match step.action {
        Action::Create => '+',
        Action::Update => '~',
        Action::Remove => '-',
    };
    let mut lines = vec![(mark, step.key.to_string())];
    for change in &step.changes {
        field(change, &mut lines);
    }
    for (name, why) in &step.secrets {
        let why = match (step.action, why) {
            (Action::Create, _) => "",
            (_, Rewrite::Differs) => ", differs from what the server has",
            (_, Rewrite::Unknown) => ", cannot be compared and is written anew",
        };
        lines.push((mark, format!("    {name}: (secret{why})")));
    }
    lines
}

fn field(change: &Change, lines: &mut Vec<(char, String)>) {
    let name = change.name;
    match (&change.from, &change.to) {
        (None, to) if is_nothing(to) => {}
        (None, to) => lines.push(('+', format!("    {name}: {}", brief(to)))),
        (Some(Value::Array(from)), Value::Array(to)) => {
            lines.push(('~', format!("    {name}:")));
            let gone = from.iter().filter(|item| !to.contains(item));
            lines.extend(gone.map(|item| ('-', format!("        {}", brief(item)))));
            let new = to.iter().filter(|item| !from.contains(item));
            lines.extend(new.map(|item| ('+', format!("        {}", brief(item)))));
            if from.iter().all(|item| to.contains(item)) && to.iter().all(|item| from.contains(item)) {
                lines.push(('~', "        (in another order)".to_owned()));
            }
        }
        (Some(from), to) => lines.push(('~', format!("    {name}: {} → {}", brief(from), brief(to)))),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Number(_) => false,
    }
}

/// Longest text of a value that is shown in full, in characters.
const LONGEST: usize = 120;

/// A value on one line that is not too long.
fn brief(value: &Value) -> String {
    let text = match value {
        Value::String(text) if !text.is_empty() && !text.contains('\n') => text.clone(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    };
    let text = printable(&text);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}

/// Prints the steps of a plan.
pub(super) fn print(plan: &Plan, printer: &Printer) -> Outcome {
    for step in &plan.steps {
        for (mark, line) in lines(step) {
            let style = match mark {
                '+' => Style::Added,
                '-' => Style::Removed,
                _ => Style::Changed,
            };
            printer.data(printer.styled(&format!("{mark} {}", printable(&line)), style))?;
        }
    }
    Ok(())
}
