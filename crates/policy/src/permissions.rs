//! The rules of one actor, ready to decide.

mod entry;
mod places;

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalogue::Subject;
use crate::{
    Considered, Decision, Denied, Field, Grant, Level, Need, Object, Outcome, Permit, Rule, RuleError,
    TemplateValues,
};
pub(crate) use entry::{Entry, When};
use places::Places;

/// Everything an actor holds at one level. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Permissions(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    level: Level,
    /// In the order in which rules are read.
    entries: Vec<Entry>,
    by_subject: HashMap<&'static str, OnSubject>,
}

#[derive(Debug)]
struct OnSubject {
    subject: &'static Subject,
    /// Indexes of the entries whose rules name this subject.
    written: Vec<usize>,
    /// For each action, in the catalogue's order, the indexes of all entries on it.
    by_action: Vec<OnAction>,
}

#[derive(Debug, Clone, Default)]
struct OnAction {
    all: Vec<usize>,
    /// Where those begin that can have a say: with the last one that always applies.
    from: usize,
    /// The same, by place, if they are many.
    places: Option<Arc<Places>>,
}

impl OnSubject {
    fn new(subject: &'static Subject) -> Self {
        let by_action = vec![OnAction::default(); subject.actions.len()];
        Self { subject, written: Vec::new(), by_action }
    }

    fn add(&mut self, action: &str, entry: usize, when: &When) {
        let position = self.subject.actions.iter().position(|known| *known == action);
        if let Some(on) = position.and_then(|at| self.by_action.get_mut(at)) {
            // What stands before a rule that always applies is never reached.
            if matches!(when, When::Always) {
                on.from = on.all.len();
            }
            on.all.push(entry);
        }
    }

    fn all(&self, action: &str) -> &[usize] {
        self.on(action).map_or(&[], |on| &on.all)
    }

    fn deciding(&self, action: &str) -> &[usize] {
        self.on(action).map_or(&[], |on| &on.all[on.from..])
    }

    fn on(&self, action: &str) -> Option<&OnAction> {
        self.by_action.get(self.subject.actions.iter().position(|known| *known == action)?)
    }
}

fn on<'a>(
    by_subject: &'a mut HashMap<&'static str, OnSubject>,
    subject: &'static Subject,
) -> &'a mut OnSubject {
    by_subject.entry(subject.name).or_insert_with(|| OnSubject::new(subject))
}

impl Permissions {
    /// Checks the rules against the subjects, actions and fields of the level, and prepares them. Rules with templates
    /// allow nothing, and forbid in any case: there is nothing to fill them in with.
    pub fn compile(level: Level, grants: &[Grant]) -> Result<Self, RuleError> {
        Self::compile_for(level, grants, &TemplateValues::none())
    }

    /// The same, with templates filled in. What a value holds is taken literally, also in patterns. A rule of which a
    /// value is missing allows nothing if it is one that allows, and forbids in any case if it is inverted.
    pub fn compile_for(level: Level, grants: &[Grant], values: &TemplateValues) -> Result<Self, RuleError> {
        let mut entries = Vec::new();
        for grant in grants {
            let source = Arc::new(grant.source.clone());
            for (index, rule) in grant.rules.iter().enumerate() {
                entries.push(Entry::new(level, rule, &source, index, values)?);
            }
        }
        Ok(Self::indexed(level, entries))
    }

    /// Nothing at all.
    pub fn none(level: Level) -> Self {
        Self::indexed(level, Vec::new())
    }

    fn indexed(level: Level, entries: Vec<Entry>) -> Self {
        let mut by_subject: HashMap<&'static str, OnSubject> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            on(&mut by_subject, entry.subject).written.push(at);
            for &(subject, action) in &entry.speaks_of {
                on(&mut by_subject, subject).add(action, at, &entry.when);
            }
        }
        for on in by_subject.values_mut().filter(|on| !on.subject.always_known().is_empty()) {
            for action in &mut on.by_action {
                let deciding = &action.all[action.from..];
                if deciding.len() >= places::MANY {
                    action.places = Some(Arc::new(Places::new(deciding, &entries)));
                }
            }
        }
        Self(Arc::new(Compiled { level, entries, by_subject }))
    }

    /// The level at which they are held.
    pub fn level(&self) -> Level {
        self.0.level
    }

    /// The rules on one subject, in order, as they are written.
    pub fn rules_on(&self, subject: &str) -> impl DoubleEndedIterator<Item = &Rule> {
        let entries = self.0.by_subject.get(subject).map_or(&[][..], |on| &on.written);
        entries.iter().map(|&at| &self.0.entries[at].rule)
    }

    /// Decides: the last rule that applies has the say; if none applies, or it forbids, the answer is no.
    pub fn check(&self, need: Need, object: &Object<'_>) -> Result<Permit, Denied> {
        match self.decide(need, object) {
            Some(entry) if !entry.inverted() => {
                Ok(Permit::by_rule(need, Arc::clone(&entry.source), entry.index))
            }
            decided => {
                Err(Denied { by: decided.map(|entry| Box::new(entry.decider())), ..self.denial(need) })
            }
        }
    }

    /// The same question, where only yes or no matters.
    pub fn allows(&self, need: Need, object: &Object<'_>) -> bool {
        self.decide(need, object).is_some_and(|entry| !entry.inverted())
    }

    /// A refusal that does not follow from one rule.
    pub fn denial(&self, need: Need) -> Denied {
        let same_level = need.level == self.0.level;
        let rules = if same_level { self.rules_on(need.subject).cloned().collect() } else { Vec::new() };
        Denied { need, rules, by: None }
    }

    /// The same decision, with every rule that was looked at.
    pub fn explain(&self, need: Need, object: &Object<'_>) -> Decision {
        let decided = self.decide(need, object);
        let on = self.0.by_subject.get(need.subject).filter(|_| need.level == self.0.level);
        let indexes = on.map_or(&[][..], |on| on.all(need.action)).iter();
        let entries = indexes.map(|&at| &self.0.entries[at]);
        let considered = entries.map(|entry| {
            let outcome = match entry.fails(object) {
                Some(outcome) => outcome,
                None if decided.is_some_and(|by| std::ptr::eq(by, entry)) => Outcome::Decides,
                None => Outcome::Overruled,
            };
            Considered { rule: entry.decider(), outcome }
        });
        Decision {
            allowed: decided.is_some_and(|entry| !entry.inverted()),
            by: decided.map(Entry::decider),
            considered: considered.collect(),
            lacks: on.and_then(|on| lacking(on.subject, object)),
        }
    }

    /// The rule that has the say.
    fn decide(&self, need: Need, object: &Object<'_>) -> Option<&Entry> {
        if need.level != self.0.level {
            return None;
        }
        let on = self.0.by_subject.get(need.subject)?;
        if lacking(on.subject, object).is_some() {
            return None;
        }
        let on = on.on(need.action)?;
        let entry = |at: usize| &self.0.entries[at];
        let applies = |entry: &&Entry| entry.applies(object);
        match (&on.places, places::of(object)) {
            (Some(places), Some((environment, path))) => {
                places.latest_first(environment, path).map(entry).find(applies)
            }
            _ => on.all[on.from..].iter().rev().copied().map(entry).find(applies),
        }
    }

    /// Is this another handle of the same list?
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The rules that can have a say on one action of one subject, in order.
    pub(crate) fn entries(&self, subject: &str, action: &str) -> impl DoubleEndedIterator<Item = &Entry> {
        let indexes = self.0.by_subject.get(subject).map_or(&[][..], |on| on.deciding(action));
        let entries = indexes.iter().map(|&at| &self.0.entries[at]);
        entries.filter(|entry| !matches!(entry.when, When::Never))
    }
}

/// A fact that every request on such a subject names, and the object does not have. Whatever lies in a folder has an
/// environment and a path; without them nothing is allowed, so that the boundary needs to look at no such request.
fn lacking(subject: &Subject, object: &Object<'_>) -> Option<Field> {
    if object.is_any() {
        return None;
    }
    subject.always_known().iter().copied().find(|field| !object.has(*field))
}
