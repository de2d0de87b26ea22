//! Label selectors, as `kubectl --selector` takes them: `env=prod,tier!=web,team in (a, b),zone notin (x),owner,!legacy`.

use std::collections::BTreeMap;

/// Most bytes of a selector, and most requirements in it.
const MOST_BYTES: usize = 2048;
const MOST_REQUIREMENTS: usize = 32;

/// A label selector: all of its requirements have to hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Selector(Vec<Requirement>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Requirement {
    key: String,
    /// Which values the label may have; none: any.
    values: Option<Vec<String>>,
    /// Whether it has to be so or must not be so.
    wanted: bool,
}

impl Selector {
    /// Reads a selector; none if it is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MOST_BYTES {
            return None;
        }
        let requirements = split(text)?.into_iter().map(requirement).collect::<Option<Vec<_>>>()?;
        (!requirements.is_empty() && requirements.len() <= MOST_REQUIREMENTS).then_some(Self(requirements))
    }

    /// Whether these labels match. A label that is not there is none of the values, so `!=` and `notin` hold.
    pub(super) fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|requirement| {
            let holds = match (labels.get(&requirement.key), &requirement.values) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(value), Some(values)) => values.contains(value),
            };
            holds == requirement.wanted
        })
    }
}

/// Parts between commas that are not in parentheses.
fn split(text: &str) -> Option<Vec<&str>> {
    let (mut parts, mut from, mut is_inside) = (Vec::new(), 0, false);
    for (place, character) in text.char_indices() {
        match character {
            '(' if is_inside => return None,
            '(' => is_inside = true,
            ')' if !is_inside => return None,
            ')' => is_inside = false,
            ',' if !is_inside => {
                parts.push(&text[from..place]);
                from = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    (!is_inside).then_some(parts)
}

fn requirement(text: &str) -> Option<Requirement> {
    let text = text.trim();
    let made = |key: &str, values: Option<Vec<String>>, wanted: bool| {
        let key = key.trim();
        let is_good = is_key(key) && values.iter().flatten().all(|value| is_value(value));
        is_good.then(|| Requirement { key: key.to_owned(), values, wanted })
    };
    if let Some(rest) = text.strip_suffix(')') {
        let (head, list) = rest.split_once('(')?;
        let (key, word) = head.trim().rsplit_once(char::is_whitespace)?;
        let values = list.split(',').map(|value| value.trim().to_owned()).collect();
        return match word {
            "in" => made(key, Some(values), true),
            "notin" => made(key, Some(values), false),
            _ => None,
        };
    }
    if let Some((key, value)) = text.split_once("!=") {
        return made(key, Some(vec![value.trim().to_owned()]), false);
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return made(key, Some(vec![value.trim().to_owned()]), true);
    }
    match text.strip_prefix('!') {
        Some(key) => made(key, None, false),
        None => made(text, None, true),
    }
}

/// A label's key: a name of at most 63 characters, perhaps below a domain.
fn is_key(key: &str) -> bool {
    let (domain, name) = key.split_once('/').map_or((None, key), |(domain, name)| (Some(domain), name));
    let is_domain = |text: &str| {
        (1..=253).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
    };
    !name.is_empty() && is_value(name) && domain.is_none_or(is_domain)
}

/// A label's value: at most 63 letters, digits, `-`, `_`, `.`, with letters or digits at both ends.
fn is_value(value: &str) -> bool {
    let ends = [value.bytes().next(), value.bytes().last()];
    value.len() <= 63
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && ends.iter().flatten().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_those_of_kubectl() {
        let labels: BTreeMap<String, String> =
            [("env", "prod"), ("team", "a"), ("example.com/tier", "web"), ("empty", "")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into();
        for (selector, matches) in [
            ("env=prod", true),
            ("env == prod", true),
            ("env=dev", false),
            ("env!=dev", true),
            ("env!=prod", false),
            ("missing!=x", true),
            ("missing=x", false),
            ("team in (a, b)", true),
            ("team in (b)", false),
            ("team notin (b,c)", true),
            ("missing notin (b)", true),
            ("missing in (b)", false),
            ("env", true),
            ("!env", false),
            ("!missing", true),
            ("empty=", true),
            ("env=prod, team in (a,b) ,!missing,example.com/tier=web", true),
            ("env=prod,team=b", false),
        ] {
            assert_eq!(Selector::parse(selector).unwrap().matches(&labels), matches, "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for text in [
            "",
            ",",
            "env=prod,",
            "env in a",
            "env in (a",
            "env on (a)",
            "(a)",
            "env=a b",
            "=a",
            "a in (b))",
            "-x=1",
            "x=-",
            "env>1",
        ] {
            assert_eq!(Selector::parse(text), None, "{text}");
        }
        assert_eq!(Selector::parse(&"a".repeat(MOST_BYTES + 1)), None);
    }
}
