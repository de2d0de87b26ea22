//! Rules that come in: checked, and measured against what their giver holds.

use serde_json::{Value, json};
use vouchsafe_policy::{
    Grant, GrantSource, Level, Permissions, Rule, RuleList, RuleListError, TemplateValues,
};

use crate::grants::within_boundary;
use crate::http::error::{ApiError, ApiResult};

/// What every template begins with that names something a login proved.
pub const LOGIN_TEMPLATE: &str = "identity.auth.";

/// Checks rules and brings them into the form in which they are stored and answered. `field` is
/// where they stand in the request.
pub fn checked(level: Level, field: &str, rules: &[Value]) -> ApiResult<Vec<Value>> {
    let list = RuleList::parse(level, &Value::from(rules.to_vec())).map_err(|error| refused(field, error))?;
    let one = |rule| serde_json::to_value(rule).map_err(|error| ApiError::internal(error.to_string()));
    list.rules().iter().map(one).collect()
}

fn refused(field: &str, error: RuleListError) -> ApiError {
    if error.legacy_read {
        return ApiError::bad_request(error.message);
    }
    // `[3].action[0]` becomes `permissions.3.action.0`.
    let path = format!("{field}{}", error.path).replace('[', ".").replace(']', "");
    ApiError::invalid(&path, error.message)
}

fn compiled(level: Level, rules: &[Rule]) -> Result<Permissions, vouchsafe_policy::RuleError> {
    let source = GrantSource::Role { slug: "new".to_owned() };
    Permissions::compile(level, &[Grant { source, rules: rules.to_vec() }])
}

/// Refuses with 403 when these (checked) rules may give anybody anything that `actor` does not hold.
pub fn within(actor: &Permissions, rules: &[Value], message: &str) -> ApiResult<()> {
    let widest = widest(rules, "{{")?;
    let target = compiled(actor.level(), &widest).map_err(|error| ApiError::internal(error.to_string()))?;
    within_boundary(actor, &target, message)
}

/// The same for one holder, of whom everything is known but what logins will prove.
pub fn within_for(
    actor: &Permissions,
    rules: &[Value],
    values: &TemplateValues,
    message: &str,
) -> ApiResult<()> {
    let rules = widest(rules, LOGIN_TEMPLATE)?;
    let source = GrantSource::Role { slug: "new".to_owned() };
    let target = Permissions::compile_for(actor.level(), &[Grant { source, rules }], values);
    within_boundary(actor, &target.map_err(|error| ApiError::internal(error.to_string()))?, message)
}

/// Refuses with 403 when replacing rules by others may give anybody anything that `actor` does not
/// hold: taking a rule that forbids away gives what it forbade.
pub fn may_replace(actor: &Permissions, old: &[Value], new: &[Value], message: &str) -> ApiResult<()> {
    within(actor, old, message)?;
    within(actor, new, message)?;
    within(actor, &freed(old, new), message)
}

/// What the rules that forbid and are not among the new ones forbade.
pub fn freed(old: &[Value], new: &[Value]) -> Vec<Value> {
    let lost = old.iter().filter(|rule| is_inverted(rule) && !new.contains(rule));
    let allowing = |rule: &Value| {
        let mut rule = rule.clone();
        rule["inverted"] = json!(false);
        rule
    };
    lost.map(allowing).collect()
}

fn is_inverted(rule: &Value) -> bool {
    rule["inverted"] == json!(true)
}

/// The rules as they are for the luckiest holder: a condition in which `template` stands may become
/// whatever it likes, so rules that allow are read without it, and rules that forbid not at all.
pub fn widest(rules: &[Value], template: &str) -> ApiResult<Vec<Rule>> {
    let widest = widened(rules, template).into_iter().map(serde_json::from_value);
    widest.collect::<Result<_, _>>().map_err(|error| ApiError::internal(error.to_string()))
}

fn widened(rules: &[Value], template: &str) -> Vec<Value> {
    let one = |rule: &Value| {
        let templated = |condition: &Value| condition.to_string().contains(template);
        if !templated(&rule["conditions"]) {
            return Some(rule.clone());
        }
        if is_inverted(rule) {
            return None;
        }
        let mut rule = rule.clone();
        if let Some(Value::Object(conditions)) = rule.get_mut("conditions") {
            conditions.retain(|_, condition| !templated(condition));
        }
        Some(rule)
    };
    rules.iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(environment: &str) -> Value {
        json!({ "subject": "secrets", "action": ["readValue"], "conditions": { "environment": environment }, "inverted": false })
    }

    fn forbidden(environment: &str) -> Value {
        json!({ "subject": "secrets", "action": ["readValue"], "conditions": { "environment": environment }, "inverted": true })
    }

    #[test]
    fn a_template_stands_for_whatever_there_is() {
        let rule = json!({ "subject": "secrets", "action": ["readValue"], "inverted": false,
            "conditions": { "environment": "dev", "secretPath": { "$glob": "/{{identity.metadata.team}}/**" } } });
        let widest = widened(&[rule, forbidden("{{identity.metadata.env}}"), forbidden("prod")], "{{");
        assert_eq!(widest, [read("dev"), forbidden("prod")]);
    }

    #[test]
    fn who_takes_a_forbidding_rule_away_holds_what_it_forbade() {
        let all = json!({ "subject": "secrets", "action": ["readValue"], "inverted": false });
        let limited = [all.clone(), forbidden("prod")];
        let rules: Vec<Rule> =
            limited.iter().map(|rule| serde_json::from_value(rule.clone()).unwrap()).collect();
        let actor = compiled(Level::Project, &rules).unwrap();
        assert!(may_replace(&actor, &limited, &[read("dev"), forbidden("prod")], "no").is_ok());
        assert!(may_replace(&actor, &limited, &[read("dev")], "no").is_err());
        assert!(may_replace(&actor, &limited, &[forbidden("prod"), all], "no").is_err());
        assert!(may_replace(&actor, &[forbidden("dev")], &[], "no").is_ok());
    }
}
