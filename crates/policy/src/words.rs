//! Conditions in words.

use std::fmt;

use crate::{Condition, Field, Operator};

/// What an operator says, such as `is one of` for `$in`. An unknown name stands for itself.
pub fn verb(operator: &str) -> &str {
    match operator {
        "$eq" => "is",
        "$ne" => "is not",
        "$in" => "is one of",
        "$glob" => "matches",
        "$elemMatch" => "has a pair whose",
        unknown => unknown,
    }
}

/// Such as `environment is 'dev'`; all tests on one field are joined by `and`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tests(f, self.field().name(), self.operators(), self.field() == Field::SecretTags)
    }
}

fn tests(f: &mut fmt::Formatter<'_>, of: &str, operators: &[Operator], is_list: bool) -> fmt::Result {
    for (at, operator) in operators.iter().enumerate() {
        if at > 0 {
            f.write_str(" and ")?;
        }
        let verb = if is_list { "has one of" } else { verb(operator.name()) };
        write!(f, "{of} {verb} ")?;
        match operator {
            Operator::Eq(text) | Operator::Ne(text) => write!(f, "'{text}'")?,
            Operator::Glob(glob) => write!(f, "'{}'", glob.pattern())?,
            Operator::In(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| format!("'{text}'")).collect();
                f.write_str(&texts.join(", "))?;
            }
            Operator::ElemMatch(pair) => {
                tests(f, "key", &pair.key, false)?;
                if !pair.key.is_empty() && !pair.value.is_empty() {
                    f.write_str(" and ")?;
                }
                tests(f, "value", &pair.value, false)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use crate::{Conditions, ElemMatch, Field};

    fn words(conditions: &serde_json::Value) -> Vec<String> {
        let conditions = Conditions::parse(conditions.as_object().unwrap()).unwrap();
        conditions.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_operator_has_its_words() {
        for (conditions, said) in [
            (json!({ "environment": "dev" }), "environment is 'dev'"),
            (json!({ "environment": { "$ne": "dev" } }), "environment is not 'dev'"),
            (json!({ "secretName": { "$in": ["A", "B"] } }), "secretName is one of 'A', 'B'"),
            (json!({ "secretTags": { "$in": ["a"] } }), "secretTags has one of 'a'"),
            (json!({ "secretPath": { "$glob": "/a/**" } }), "secretPath matches '/a/**'"),
            (
                json!({ "metadata": { "$elemMatch": { "key": "team", "value": { "$ne": "x" } } } }),
                "metadata has a pair whose key is 'team' and value is not 'x'",
            ),
            (
                json!({ "metadata": { "$elemMatch": { "value": { "$in": ["x"] } } } }),
                "metadata has a pair whose value is one of 'x'",
            ),
        ] {
            assert_eq!(words(&conditions), [said]);
        }
    }

    #[test]
    fn every_operator_that_a_field_is_said_to_take_is_taken_and_no_other() {
        let text = |operator: &str| match operator {
            "$in" => json!(["/a"]),
            "$elemMatch" => json!({ "key": "k" }),
            _ => json!("/a"),
        };
        for field in Field::ALL {
            for operator in ["$eq", "$ne", "$in", "$glob", "$elemMatch"] {
                let conditions = json!({ field.name(): { operator: text(operator) } });
                let is_taken = Conditions::parse(conditions.as_object().unwrap()).is_ok();
                assert_eq!(is_taken, field.operators().contains(&operator), "{} {operator}", field.name());
            }
        }
        for part in ElemMatch::PARTS {
            for operator in ElemMatch::operators() {
                let conditions =
                    json!({ "metadata": { "$elemMatch": { part: { *operator: text(operator) } } } });
                assert!(Conditions::parse(conditions.as_object().unwrap()).is_ok(), "{part} {operator}");
            }
        }
    }
}
