//! One rule, ready to decide.

use std::sync::Arc;

use crate::catalogue::{self, Subject};
use crate::{Conditions, Decider, GrantSource, Level, Object, Outcome, Rule, RuleError, TemplateValues};

/// A rule in the order in which rules are read.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) rule: Rule,
    pub(crate) subject: &'static Subject,
    pub(crate) when: When,
    pub(crate) source: Arc<GrantSource>,
    pub(crate) index: usize,
    /// What the rule speaks of, including what an older name stands for.
    pub(super) speaks_of: Vec<(&'static Subject, &'static str)>,
}

/// When a rule applies.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum When {
    /// A value is missing: an allowing rule never applies. (A forbidding one always does.)
    Never,
    Always,
    /// Filled in, and what is quickly decided first.
    Conditions(Conditions),
}

impl Entry {
    pub(super) fn new(
        level: Level,
        rule: &Rule,
        source: &Arc<GrantSource>,
        index: usize,
        values: &TemplateValues,
    ) -> Result<Self, RuleError> {
        let subject = catalogue::subject_named(level, &rule.subject)
            .ok_or_else(|| RuleError::UnknownSubject { level, subject: rule.subject.clone() })?;
        let speaks_of = speaks_of(level, subject, rule)?;
        fields(subject, rule)?;
        let when = match rule.limits().map(|conditions| conditions.fill(values)) {
            None => When::Always,
            Some(Some(filled)) => When::Conditions(filled),
            Some(None) if rule.inverted => When::Always,
            Some(None) => When::Never,
        };
        Ok(Self { rule: rule.clone(), subject, when, source: Arc::clone(source), index, speaks_of })
    }

    /// Forbids instead of allowing.
    pub(crate) fn inverted(&self) -> bool {
        self.rule.inverted
    }

    /// Does the rule apply to the object? What is not known about the object lets no rule allow and each forbid.
    pub(crate) fn applies(&self, object: &Object<'_>) -> bool {
        match &self.when {
            When::Never => false,
            When::Always => true,
            When::Conditions(_) if object.is_any() => !self.inverted(),
            When::Conditions(conditions) => conditions.hold(object, self.inverted()),
        }
    }

    /// Why the rule does not apply to the object; none if it does.
    pub(super) fn fails(&self, object: &Object<'_>) -> Option<Outcome> {
        match &self.when {
            When::Never => Some(Outcome::NotFilled),
            When::Always => None,
            When::Conditions(_) if object.is_any() => self.inverted().then_some(Outcome::NotAsked),
            When::Conditions(conditions) => {
                conditions.failing(object, self.inverted()).map(Outcome::DoesNotApply)
            }
        }
    }

    pub(super) fn decider(&self) -> Decider {
        Decider { source: Arc::clone(&self.source), index: self.index, rule: self.rule.clone() }
    }
}

fn speaks_of(
    level: Level,
    subject: &'static Subject,
    rule: &Rule,
) -> Result<Vec<(&'static Subject, &'static str)>, RuleError> {
    if rule.actions.is_empty() {
        return Err(RuleError::NoActions { subject: rule.subject.clone() });
    }
    let mut speaks_of = Vec::with_capacity(rule.actions.len());
    for action in &rule.actions {
        let known = subject.actions.iter().copied().find(|known| known == action).ok_or_else(|| {
            RuleError::UnknownAction { subject: rule.subject.clone(), action: action.clone() }
        })?;
        let newer = catalogue::implied(level, subject.name, known).iter();
        let newer =
            newer.filter_map(|(subject, action)| Some((catalogue::subject_named(level, subject)?, *action)));
        for pair in std::iter::once((subject, known)).chain(newer) {
            if !speaks_of.contains(&pair) {
                speaks_of.push(pair);
            }
        }
    }
    Ok(speaks_of)
}

fn fields(subject: &Subject, rule: &Rule) -> Result<(), RuleError> {
    let Some(conditions) = rule.limits() else { return Ok(()) };
    match conditions.iter().find(|condition| !subject.fields.contains(&condition.field())) {
        None => Ok(()),
        Some(condition) => {
            Err(RuleError::FieldNotAllowed { subject: rule.subject.clone(), field: condition.field().name() })
        }
    }
}
