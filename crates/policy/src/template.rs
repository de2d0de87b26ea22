//! `{{identity.metadata.team}}`: values of the actor in the conditions of its rules.

use std::collections::BTreeMap;
use std::ops::BitOr;

use crate::Grant;

/// How long a value may be to be put into a rule, in bytes.
const MAX_VALUE: usize = 1024;

/// What an actor's rules may be filled in with. A value that is empty, or longer than 1 kB, counts as missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TemplateValues {
    id: Option<String>,
    username: Option<String>,
    metadata: BTreeMap<String, String>,
    login: BTreeMap<String, String>,
}

impl TemplateValues {
    /// No values: no rule with a template allows anything.
    pub fn none() -> Self {
        Self::default()
    }

    /// The values that every actor has: `{{identity.id}}` and `{{identity.username}}` (an identity's name).
    pub fn of(id: impl Into<String>, username: impl Into<String>) -> Self {
        Self { id: Some(id.into()), username: Some(username.into()), ..Self::default() }
    }

    /// With `{{identity.metadata.<key>}}`.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// With `{{identity.auth.<path>}}`, the path being for example `oidc.claims.team` or `kubernetes.namespace`.
    pub fn login(mut self, path: impl Into<String>, value: impl Into<String>) -> Self {
        self.login.insert(path.into(), value.into());
        self
    }

    fn get(&self, template: Template<'_>) -> Option<&str> {
        let value = match template {
            Template::Id => self.id.as_ref(),
            Template::Username => self.username.as_ref(),
            Template::Metadata(key) => self.metadata.get(key),
            Template::Login(path) => self.login.get(path),
        };
        value.map(String::as_str).filter(|value| !value.trim().is_empty() && value.len() <= MAX_VALUE)
    }
}

/// What rules are filled in with: two actors for whom all of these are equal hold the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TemplateUse {
    /// The id, the name or the metadata of the actor.
    pub identity: bool,
    /// What the login of the present token proved: claims, namespace, account.
    pub login: bool,
}

impl TemplateUse {
    /// What the rules of these grants are filled in with.
    pub fn of(grants: &[Grant]) -> Self {
        grants.iter().flat_map(|grant| &grant.rules).fold(Self::default(), |all, rule| all | rule.templates())
    }

    /// Is anything filled in?
    pub fn any(self) -> bool {
        self.identity || self.login
    }

    pub(crate) fn in_text(text: &str) -> Self {
        parts(text).into_iter().flatten().fold(Self::default(), |all, part| match part {
            Part::Text(_) => all,
            Part::Value(Template::Login(_)) => Self { login: true, ..all },
            Part::Value(_) => Self { identity: true, ..all },
        })
    }
}

impl BitOr for TemplateUse {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self { identity: self.identity || other.identity, login: self.login || other.login }
    }
}

/// Why a template is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Nothing has this name.
    #[error(
        "Unknown template '{{{{{0}}}}}'; there are identity.id, identity.username, identity.metadata.<key> and \
         identity.auth.<oidc.claims.<claim>, kubernetes.<part> or aws.<part>>"
    )]
    Unknown(String),
    /// `\{{…}}`, `{{{…}}}`: other programs read them otherwise.
    #[error("A template must not have a backslash or a third brace beside its braces")]
    Ambiguous,
    /// A template in `[…]`: its characters would be a set.
    #[error("A template must not stand in a set, '[…]'")]
    InSet,
}

#[derive(Debug, Clone, Copy)]
enum Template<'a> {
    Id,
    Username,
    Metadata(&'a str),
    Login(&'a str),
}

enum Part<'a> {
    Text(&'a str),
    Value(Template<'a>),
}

/// Could there be a template in the text?
fn suspicious(text: &str) -> bool {
    text.contains("{{")
}

/// Checks the templates in a text.
pub(crate) fn check(text: &str) -> Result<(), TemplateError> {
    parts(text).map(drop)
}

/// Checks the templates in a pattern.
pub(crate) fn check_pattern(pattern: &str) -> Result<(), TemplateError> {
    if !suspicious(pattern) {
        return Ok(());
    }
    check(pattern)?;
    // A set reaches from its bracket to the first one that closes it, whatever is between.
    let mut at = 0;
    while let Some(char) = pattern[at..].chars().next() {
        let length = match char {
            '\\' => 1 + pattern[at + 1..].chars().next().map_or(0, char::len_utf8),
            '[' => crate::glob::set_length(&pattern[at..]).unwrap_or(1),
            other => other.len_utf8(),
        };
        if char == '[' && (pattern[at..at + length].contains("{{") || pattern[at..at + length].contains("}}"))
        {
            return Err(TemplateError::InSet);
        }
        at += length;
    }
    Ok(())
}

/// The text with its templates replaced by `write` of their values; `None` if a value is missing.
pub(crate) fn fill(text: &str, values: &TemplateValues, write: fn(&str, &mut String)) -> Option<String> {
    let mut filled = String::with_capacity(text.len());
    for part in parts(text).ok()? {
        match part {
            Part::Text(text) => filled.push_str(text),
            Part::Value(template) => write(values.get(template)?, &mut filled),
        }
    }
    Some(filled)
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, TemplateError> {
    if !suspicious(text) {
        return Ok(vec![Part::Text(text)]);
    }
    let mut parts = Vec::new();
    let (mut plain, mut from) = (0, 0);
    while let Some(found) = text[from..].find("{{") {
        let open = from + found;
        let inside = &text[open + 2..];
        let end = inside.find(['{', '}']).filter(|&end| inside[end..].starts_with("}}"));
        let Some(end) = end else {
            from = open + 1;
            continue;
        };
        let close = open + 2 + end + 2;
        if text[..open].ends_with(['{', '\\']) || text[close..].starts_with('}') {
            return Err(TemplateError::Ambiguous);
        }
        parts.push(Part::Text(&text[plain..open]));
        parts.push(Part::Value(template(&inside[..end])?));
        (plain, from) = (close, close);
    }
    parts.push(Part::Text(&text[plain..]));
    Ok(parts)
}

/// The kinds of proof that a login leaves in its token, with what stands below each; none: any name.
const LOGINS: &[(&str, &[&str])] = &[
    ("oidc.claims.", &[]),
    ("jwt.claims.", &[]),
    ("spiffe.", &["id", "trustDomain"]),
    ("kubernetes.", &["namespace", "name"]),
    ("aws.", &["accountId", "arn", "userId", "partition", "service", "resourceType", "resourceName"]),
];

fn template(inside: &str) -> Result<Template<'_>, TemplateError> {
    let name = inside.trim();
    let unknown = || TemplateError::Unknown(name.chars().take(80).collect());
    let rest = name.strip_prefix("identity.").ok_or_else(unknown)?;
    match rest {
        "id" => return Ok(Template::Id),
        "username" => return Ok(Template::Username),
        _ => {}
    }
    if let Some(key) = rest.strip_prefix("metadata.") {
        return key_named(key).map(Template::Metadata).ok_or_else(unknown);
    }
    let path = rest.strip_prefix("auth.").ok_or_else(unknown)?;
    let known = LOGINS.iter().any(|(prefix, parts)| {
        let part = path.strip_prefix(prefix).and_then(key_named);
        part.is_some_and(|part| parts.is_empty() || parts.contains(&part))
    });
    if known { Ok(Template::Login(path)) } else { Err(unknown()) }
}

/// The key, if it is one: not empty, without spaces, quotes, brackets or control characters.
fn key_named(key: &str) -> Option<&str> {
    let odd = |char: char| char.is_whitespace() || char.is_control() || "[]()'\"`\\,|*?".contains(char);
    (!key.is_empty() && !key.contains(odd)).then_some(key)
}
