//! Whether rules can be saved: asked of the same reader of rules that the API uses, but of each rule, so that all
//! problems are shown at once.

use serde_json::Value;
use vouchsafe_policy::{Level, RuleList, RuleListError};

/// What is wrong where, as the API names places: `permissions.3.action.0`.
pub(crate) type Problems = Vec<(String, String)>;

/// The rules as they would be stored.
pub(crate) fn check(level: Level, rules: Vec<Value>) -> Result<Vec<Value>, Problems> {
    let all = Value::Array(rules);
    let error = match RuleList::parse(level, &all) {
        Ok(list) => return Ok(list.to_json().as_array().cloned().unwrap_or_default()),
        Err(error) => error,
    };
    let rules = all.as_array().map_or(&[][..], Vec::as_slice);
    let one_by_one = rules.iter().enumerate().filter_map(|(at, rule)| {
        let alone = Value::Array(vec![rule.clone()]);
        let error = RuleList::parse(level, &alone).err()?;
        Some(problem(&error.path.replacen("[0]", &format!("[{at}]"), 1), &error))
    });
    let problems: Problems = one_by_one.collect();
    // What is wrong with the list as a whole is wrong with none of its rules alone.
    Err(if problems.is_empty() { vec![problem(&error.path, &error)] } else { problems })
}

fn problem(path: &str, error: &RuleListError) -> (String, String) {
    (format!("permissions{path}").replace('[', ".").replace(']', ""), error.message.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_rule_says_what_is_wrong_with_it() {
        let good = json!({ "subject": "secrets", "action": "edit" });
        let rules = vec![
            good.clone(),
            json!({ "subject": "secrets", "action": ["fly"] }),
            json!({ "subject": "secrets", "action": ["edit"], "conditions": { "secretPath": { "$glob": "(" } } }),
        ];
        let places: Vec<_> =
            check(Level::Project, rules).unwrap_err().into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, ["permissions.1.action.0", "permissions.2.conditions.secretPath.$glob"]);
        let stored = check(Level::Project, vec![good.clone()]).unwrap();
        assert_eq!(stored, [json!({ "subject": "secrets", "action": ["edit"], "inverted": false })]);
        let too_many = check(Level::Project, vec![good; 501]).unwrap_err();
        assert_eq!((too_many.len(), too_many[0].0.as_str()), (1, "permissions"));
    }
}
