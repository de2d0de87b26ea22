//! What the form of rules shows.

use vouchsafe_policy::catalogue::{is_older, subject_named};
use vouchsafe_policy::{Level, verb};

use super::draft::{Draft, DraftCondition, DraftRule, operators, places};
use crate::form::Form;

/// Lines of a value that are shown at once.
const MOST_LINES: usize = 8;

/// A rule in the form.
pub(crate) struct RuleView {
    /// Which, from 0.
    pub(crate) at: usize,
    pub(crate) subject: String,
    /// The actions, and whether they are ticked.
    pub(crate) actions: Vec<(String, bool)>,
    /// Whether the rule can forbid: on other subjects, the API takes no rule that does.
    pub(crate) may_forbid: bool,
    pub(crate) forbids: bool,
    pub(crate) conditions: Vec<ConditionView>,
    /// What conditions can be added on.
    pub(crate) places: Vec<String>,
    pub(crate) problems: Vec<String>,
    pub(crate) is_last: bool,
}

/// A condition in the form.
pub(crate) struct ConditionView {
    /// Which, from 0.
    pub(crate) at: usize,
    pub(crate) field: String,
    /// Name, what it says, and whether it is the chosen one.
    pub(crate) operators: Vec<(String, String, bool)>,
    pub(crate) value: String,
    pub(crate) lines: usize,
    pub(crate) is_plain: bool,
    pub(crate) problem: Option<String>,
}

/// The rules of a draft, each with what is wrong with it.
pub(super) fn views(level: Level, draft: &Draft, form: &Form) -> Vec<RuleView> {
    let count = draft.rules.len();
    let rules = draft.rules.iter().enumerate();
    rules.map(|(at, rule)| RuleView { is_last: at + 1 == count, ..view(level, at, rule, form) }).collect()
}

fn view(level: Level, at: usize, rule: &DraftRule, form: &Form) -> RuleView {
    let subject = subject_named(level, &rule.subject);
    let is_on = |action: &str| rule.actions.iter().any(|one| one == action);
    let offered = subject.map_or(&[][..], |subject| subject.actions).iter();
    // Older names are shown where they are held.
    let offered = offered.filter(|action| !is_older(level, &rule.subject, action) || is_on(action));
    let fields = subject.map_or(&[][..], |subject| subject.fields);
    let problems = form.problems().iter().map(|(path, problem)| (path.as_str(), problem.as_str()));
    let here: Vec<(&str, &str)> = problems
        .filter_map(|(path, problem)| Some((below(path, &format!("permissions.{at}"))?, problem)))
        .collect();
    let conditions: Vec<ConditionView> = rule
        .conditions
        .iter()
        .enumerate()
        .map(|(at, condition)| condition_view(at, condition, &here))
        .collect();
    let rows: Vec<String> = rule.conditions.iter().map(DraftCondition::path).collect();
    let is_of_a_row =
        |path: &str| below(path, "conditions").is_some_and(|path| rows.iter().any(|row| overlap(row, path)));
    RuleView {
        at,
        subject: rule.subject.clone(),
        actions: offered.map(|action| ((*action).to_owned(), is_on(action))).collect(),
        may_forbid: !fields.is_empty(),
        forbids: rule.forbids,
        conditions,
        places: fields.iter().copied().flat_map(places).collect(),
        problems: here
            .iter()
            .filter(|(path, _)| !is_of_a_row(path))
            .map(|(_, problem)| (*problem).to_owned())
            .collect(),
        is_last: false,
    }
}

fn condition_view(at: usize, condition: &DraftCondition, problems: &[(&str, &str)]) -> ConditionView {
    let path = condition.path();
    let problem = problems
        .iter()
        .find(|(place, _)| below(place, "conditions").is_some_and(|place| overlap(&path, place)));
    let offered = operators(&condition.field).iter();
    ConditionView {
        at,
        field: condition.field.clone(),
        operators: offered
            .map(|name| ((*name).to_owned(), verb(name).to_owned(), *name == condition.operator))
            .collect(),
        value: condition.value.clone(),
        lines: condition.value.lines().count().clamp(1, MOST_LINES),
        is_plain: condition.is_plain,
        problem: problem.map(|(_, problem)| (*problem).to_owned()),
    }
}

/// The rest of a path below another one; the same path has an empty rest.
fn below<'p>(path: &'p str, above: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(above)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

/// Whether one of the paths is the other, or a part of it.
fn overlap(one: &str, other: &str) -> bool {
    below(one, other).is_some() || below(other, one).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::check::check;
    use super::*;

    #[test]
    fn problems_stand_beside_the_rule_and_the_condition_that_they_are_about() {
        let rules = vec![
            json!({ "subject": "secrets", "action": [], "inverted": false }),
            json!({ "subject": "secrets", "action": ["edit"], "inverted": false, "conditions": {
                "environment": "dev", "secretPath": { "$eq": "app", "$ne": "/x" } } }),
        ];
        let draft = Draft::of(&rules).unwrap();
        let mut form = Form::default();
        for (path, problem) in check(Level::Project, rules).unwrap_err() {
            form.refuse(&path, problem);
        }
        let shown = views(Level::Project, &draft, &form);
        assert_eq!(shown[0].problems, ["A rule needs at least one action"]);
        assert!(shown[1].problems.is_empty());
        let wrong: Vec<_> = shown[1].conditions.iter().map(|condition| condition.problem.is_some()).collect();
        assert_eq!(wrong, [false, true, false]);
        assert!(!shown[1].actions.iter().any(|(action, _)| action == "read"), "an older name is offered");
        assert_eq!(shown[1].places, ["environment", "secretPath", "secretName", "secretTags"]);
    }
}
