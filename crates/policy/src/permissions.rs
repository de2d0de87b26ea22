//! The rules of one actor, ready to decide.

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalogue::{self, Subject};
use crate::{Denied, Grant, GrantSource, Level, Need, Object, Permit, Rule, RuleError};

/// Everything an actor holds at one level. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Permissions(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    level: Level,
    by_subject: HashMap<&'static str, Vec<Entry>>,
}

/// A rule in the order in which rules are read.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) rule: Rule,
    actions: Vec<&'static str>,
    grant: Arc<GrantSource>,
    index: usize,
}

impl Entry {
    /// The actions that the rule speaks of, including those that an older action implies.
    pub(crate) fn actions(&self) -> &[&'static str] {
        &self.actions
    }

    /// Does the rule apply to the object? What is not known about the object lets no rule allow and each forbid.
    fn applies(&self, object: &Object<'_>) -> bool {
        let inverted = self.rule.inverted;
        match self.rule.limits() {
            None => true,
            Some(_) if object.is_any() => !inverted,
            Some(conditions) => conditions.hold(object, inverted),
        }
    }
}

impl Permissions {
    /// Checks the rules against the subjects, actions and fields of the level, and prepares them.
    pub fn compile(level: Level, grants: &[Grant]) -> Result<Self, RuleError> {
        let mut by_subject: HashMap<_, Vec<Entry>> = HashMap::new();
        for grant in grants {
            let source = Arc::new(grant.source.clone());
            for (index, rule) in grant.rules.iter().enumerate() {
                let subject = catalogue::subject_named(level, &rule.subject)
                    .ok_or_else(|| RuleError::UnknownSubject { level, subject: rule.subject.clone() })?;
                let actions = actions(subject, rule)?;
                fields(subject, rule)?;
                by_subject.entry(subject.name).or_default().push(Entry {
                    rule: rule.clone(),
                    actions,
                    grant: Arc::clone(&source),
                    index,
                });
            }
        }
        Ok(Self(Arc::new(Compiled { level, by_subject })))
    }

    /// Nothing at all.
    pub fn none(level: Level) -> Self {
        Self(Arc::new(Compiled { level, by_subject: HashMap::new() }))
    }

    /// The level at which they are held.
    pub fn level(&self) -> Level {
        self.0.level
    }

    /// The rules on one subject, in order.
    pub fn rules_on(&self, subject: &str) -> impl DoubleEndedIterator<Item = &Rule> {
        self.entries(subject).iter().map(|entry| &entry.rule)
    }

    /// Decides: the last rule that applies has the say; if none applies, or it forbids, the answer is no.
    pub fn check(&self, need: Need, object: &Object<'_>) -> Result<Permit, Denied> {
        match self.decide(need, object) {
            Some(entry) => Ok(Permit::by_rule(need, Arc::clone(&entry.grant), entry.index)),
            None => Err(Denied { need, rules: self.own_rules(need) }),
        }
    }

    /// The same question, where only yes or no matters.
    pub fn allows(&self, need: Need, object: &Object<'_>) -> bool {
        self.decide(need, object).is_some()
    }

    fn decide(&self, need: Need, object: &Object<'_>) -> Option<&Entry> {
        if need.level != self.0.level {
            return None;
        }
        let mut latest_first = self.entries(need.subject).iter().rev();
        latest_first
            .find(|entry| entry.actions.contains(&need.action) && entry.applies(object))
            .filter(|entry| !entry.rule.inverted)
    }

    fn own_rules(&self, need: Need) -> Vec<Rule> {
        if need.level == self.0.level { self.rules_on(need.subject).cloned().collect() } else { Vec::new() }
    }

    pub(crate) fn entries(&self, subject: &str) -> &[Entry] {
        self.0.by_subject.get(subject).map_or(&[], Vec::as_slice)
    }
}

fn actions(subject: &Subject, rule: &Rule) -> Result<Vec<&'static str>, RuleError> {
    if rule.actions.is_empty() {
        return Err(RuleError::NoActions { subject: rule.subject.clone() });
    }
    let mut actions = Vec::with_capacity(rule.actions.len());
    for action in &rule.actions {
        let known = subject.actions.iter().copied().find(|known| known == action).ok_or_else(|| {
            RuleError::UnknownAction { subject: rule.subject.clone(), action: action.clone() }
        })?;
        actions.push(known);
        actions.extend_from_slice(catalogue::implied(subject.name, known));
    }
    Ok(actions)
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
