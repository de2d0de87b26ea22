//! What is asked: an action on a subject, and what is known of the object.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vouchsafe_policy::catalogue::{Subject, is_older, subject_named, subjects};
use vouchsafe_policy::{Field, Level};

use crate::form::Form;

/// What the form asks.
pub(super) struct Question {
    /// What there is to ask about, by name.
    pub(super) subjects: Vec<&'static str>,
    pub(super) subject: Option<&'static Subject>,
    /// What can be done to it.
    pub(super) actions: Vec<&'static str>,
    pub(super) action: Option<&'static str>,
}

/// A fact about the object that can be given.
pub(super) struct FactField {
    /// Name in the form.
    pub(super) name: String,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) value: String,
    pub(super) problem: Option<String>,
    pub(super) is_pairs: bool,
}

impl Question {
    pub(super) fn of(level: Level, form: &Form) -> Self {
        let mut names: Vec<_> = subjects(level).iter().map(|subject| subject.name).collect();
        names.sort_unstable();
        let subject = form.given("subject").and_then(|name| subject_named(level, name));
        let offered = subject.map_or(&[][..], |subject| subject.actions).iter().copied();
        let actions: Vec<_> = offered
            .filter(|action| subject.is_some_and(|subject| !is_older(level, subject.name, action)))
            .collect();
        let action = actions.iter().copied().find(|action| form.text("action") == *action);
        Self { subjects: names, subject, actions, action }
    }

    /// Subject and action, if both were chosen.
    pub(super) fn chosen(&self) -> Option<(&'static str, &'static str)> {
        Some((self.subject?.name, self.action?))
    }

    pub(super) fn is_subject(&self, name: &str) -> bool {
        self.subject.is_some_and(|subject| subject.name == name)
    }

    pub(super) fn is_action(&self, name: &str) -> bool {
        self.action == Some(name)
    }

    /// The fields that the subject has.
    pub(super) fn facts(&self, form: &Form) -> Vec<FactField> {
        let fields = self.subject.map_or(&[][..], |subject| subject.fields);
        let one = |field: &Field| FactField {
            name: format!("on.{}", field.name()),
            label: field.name(),
            help: match field {
                Field::SecretTags => "Slugs of the tags, separated by commas",
                Field::Metadata => "Pairs as key=value, one on each line",
                Field::Environment => "Slug, such as prod",
                Field::SecretPath => "Such as /app",
                _ => "",
            },
            value: form.text(&format!("on.{}", field.name())).to_owned(),
            problem: form.problem(&format!("resource.{}", field.name())).map(str::to_owned),
            is_pairs: *field == Field::Metadata,
        };
        fields.iter().map(one).collect()
    }

    /// What is known of the object; nothing: is it allowed somewhere at all?
    pub(super) fn resource(&self, form: &Form) -> Option<BTreeMap<String, Value>> {
        let fields = self.subject.map_or(&[][..], |subject| subject.fields).iter();
        let given = fields.filter_map(|field| {
            let text = form.given(&format!("on.{}", field.name()))?;
            let value = match field {
                Field::SecretTags => {
                    text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect::<Value>()
                }
                Field::Metadata => {
                    pairs(text).map(|(key, value)| json!({ "key": key, "value": value })).collect()
                }
                _ => json!(text),
            };
            Some((field.name().to_owned(), value))
        });
        let resource: BTreeMap<String, Value> = given.collect();
        Some(resource).filter(|resource| !resource.is_empty())
    }
}

/// `key=value` on each line.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        (key.trim(), value.trim())
    })
}
