//! The form of rules and the same rules as JSON: one of the two is shown, and buttons change what it holds.

use serde_json::Value;
use vouchsafe_policy::{Level, catalogue};

use super::check::{Problems, check};
use super::draft::{Draft, DraftCondition, DraftRule, keep_order};
use super::pretty;
use super::view::{RuleView, views};
use crate::form::Form;

/// Rules that somebody edits, in one of two ways.
pub(crate) enum Edited {
    /// In the form.
    Form(Draft),
    /// As JSON.
    Json(String),
}

/// Which of the two a form was sent from; its field is called the same.
const MODE: &str = "mode";
const JSON: &str = "json";

impl Edited {
    /// The button that shows rules in the form.
    pub(crate) const FORM: &str = "rules.form";
    /// The button that shows them as JSON.
    const JSON: &str = "rules.json";

    /// The button that leads back from a page that shows changes to where the rules were edited: that page carries
    /// them as JSON, and remembers.
    pub(crate) fn way_back(&self, form: &Form) -> &'static str {
        let is_form = match form.given("back") {
            Some(back) => back == Self::FORM,
            None => matches!(self, Self::Form(_)),
        };
        if is_form { Self::FORM } else { Self::JSON }
    }

    /// Stored rules, in the form if it can show them.
    pub(crate) fn of(rules: &[Value]) -> Self {
        Draft::of(rules).map_or_else(|| Self::Json(pretty(rules)), Self::Form)
    }

    /// As a browser sent them.
    pub(crate) fn read(form: &Form) -> Self {
        if form.text(MODE) == JSON {
            Self::Json(form.text("permissions").to_owned())
        } else {
            Self::Form(Draft::read(form))
        }
    }

    /// The rules as they would be stored; `old` are those that are.
    pub(crate) fn checked(&self, level: Level, old: &[Value]) -> Result<Vec<Value>, Problems> {
        match self {
            Self::Json(text) => check(level, parsed(text)?),
            Self::Form(draft) => {
                let mut rules = check(level, draft.to_json()?)?;
                keep_order(old, &mut rules);
                Ok(rules)
            }
        }
    }

    /// Does what a button of the form says: `rules.add`, `rules.up.3` and so on. Problems are noted in the form.
    pub(crate) fn change(self, level: Level, button: &str, form: &mut Form) -> Self {
        match (self, button) {
            (Self::Form(draft), Self::JSON) => match draft.to_json() {
                Ok(rules) => Self::Json(pretty(&rules)),
                Err(problems) => {
                    note(form, problems);
                    Self::Form(draft)
                }
            },
            (Self::Json(text), Self::FORM) => match parsed(&text).and_then(|rules| check(level, rules)) {
                Ok(rules) => Draft::of(&rules).map_or_else(
                    || {
                        form.refuse(
                            "permissions",
                            "These rules hold values that the form cannot show (white space at their ends, several \
                             lines): edit them as JSON",
                        );
                        Self::Json(text)
                    },
                    Self::Form,
                ),
                Err(problems) => {
                    note(form, problems);
                    Self::Json(text)
                }
            },
            (Self::Form(mut draft), button) => {
                draft.press(button, form);
                Self::Form(draft)
            }
            (json, _) => json,
        }
    }
}

/// Notes problems in a form.
pub(crate) fn note(form: &mut Form, problems: Problems) {
    for (field, problem) in problems {
        form.refuse(&field, problem);
    }
}

fn parsed(text: &str) -> Result<Vec<Value>, Problems> {
    let at = |message: String| vec![("permissions".to_owned(), message)];
    match serde_json::from_str(text) {
        Ok(Value::Array(rules)) => Ok(rules),
        Ok(_) => Err(at("Expected a list of rules, in […]".to_owned())),
        Err(error) => Err(at(format!("This is no JSON: {error}"))),
    }
}

impl Draft {
    /// A button of the form. What names no rule does nothing.
    fn press(&mut self, button: &str, form: &Form) -> Option<()> {
        let parts: Vec<&str> = button.split('.').collect();
        let number = |text: &str| text.parse::<usize>().ok();
        match parts.as_slice() {
            ["rules", "add"] => {
                let subject = form.text("new_subject").to_owned();
                self.rules.push(DraftRule { subject, ..DraftRule::default() });
            }
            ["rules", "remove", at] => {
                let at = number(at).filter(|at| *at < self.rules.len())?;
                self.rules.remove(at);
            }
            ["rules", "up", at] => {
                let at = number(at).filter(|at| *at > 0 && *at < self.rules.len())?;
                self.rules.swap(at - 1, at);
            }
            ["rules", "down", at] => {
                let at = number(at).filter(|at| *at + 1 < self.rules.len())?;
                self.rules.swap(at, at + 1);
            }
            ["rules", "condition", at] => {
                let place = form.text(&format!("new_condition.{at}"));
                let rule = self.rules.get_mut(number(at)?)?;
                rule.conditions.push(DraftCondition::on(place));
            }
            ["rules", "remove", at, row] => {
                let rule = self.rules.get_mut(number(at)?)?;
                let row = number(row).filter(|row| *row < rule.conditions.len())?;
                rule.conditions.remove(row);
            }
            _ => {}
        }
        Some(())
    }
}

/// What a page shows of rules that are edited.
pub(crate) struct Editor {
    pub(crate) is_json: bool,
    pub(crate) json: String,
    pub(crate) rules: Vec<RuleView>,
    /// What rules can be about.
    pub(crate) subjects: Vec<&'static str>,
    /// Address of the form.
    pub(crate) action: String,
}

impl Editor {
    pub(crate) fn of(level: Level, edited: &Edited, form: &Form, action: String) -> Self {
        let (rules, json) = match edited {
            Edited::Form(draft) => (views(level, draft, form), String::new()),
            Edited::Json(text) => (Vec::new(), text.clone()),
        };
        let is_json = matches!(edited, Edited::Json(_));
        let subjects = catalogue::subjects(level).iter().filter(|subject| {
            // What only has older names is not offered.
            subject.actions.iter().any(|action| !catalogue::is_older(level, subject.name, action))
        });
        let mut subjects: Vec<_> = subjects.map(|subject| subject.name).collect();
        subjects.sort_unstable();
        Self { is_json, json, rules, subjects, action }
    }
}
