//! The shapes that fields have, and for each of them: how it is read from a file, how it is read from what the server
//! shows, and how it is sent. Both readings end in one canonical form, so that equal means equal.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use vouchsafe_domain::ip::TrustedIp;
use vouchsafe_domain::time::Timestamp;

use super::node::{Node, Tree};

/// A shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    /// A text. Blanks around it do not count, and neither does the difference between none and an empty one.
    Text,
    /// A text that may come from a file: certificates in PEM, key sets.
    Long,
    /// A text that is shown to nobody: from a variable or a file, never from the files themselves.
    Secret,
    Flag,
    Number,
    /// Seconds: a number, or a text such as `1h` or `1h30m`.
    Seconds,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of texts whose order does not count; the wire takes it with commas.
    Commas,
    /// A list of texts whose order does not count.
    Set,
    /// The same, where none is something else than an empty one.
    SetOrNull,
    /// Texts, each of which may come from a file.
    Longs,
    /// Addresses and networks.
    Networks,
    /// Names, each with patterns for the claim.
    Claims,
    /// Names, each with a text.
    Names,
    /// The same as a list of entries with `key` and `value`.
    Metadata,
    /// Attributes, each with the values of which one is needed.
    Attributes,
    /// How a SPIFFE trust bundle is got.
    Bundle,
    /// Permission rules, in order.
    Rules,
    /// Roles of a member of a project.
    Grants,
}

/// What is wrong, and on which line.
pub(super) type Wrong = (u64, String);

/// Reads files that fields name; what is read is no concern of the shapes.
pub(super) trait Outside {
    /// The text of a file, named from the file that names it.
    fn file(&self, name: &str) -> Result<String, String>;
    /// The value of an environment variable.
    fn variable(&self, name: &str) -> Result<String, String>;
}

fn wrong<T>(node: &Node, expected: &str) -> Result<T, Wrong> {
    Err((node.line, format!("expected {expected}, found {}", node.value.what())))
}

fn text(node: &Node) -> Result<&str, Wrong> {
    match &node.value {
        Tree::Text(text) => Ok(text),
        Tree::Number(_) | Tree::Flag(_) | Tree::Other(_) => wrong(node, "a text (write it in quotes)"),
        _ => wrong(node, "a text"),
    }
}

fn list<'n, T>(
    node: &'n Node,
    of: &str,
    one: impl Fn(&'n Node) -> Result<T, Wrong>,
) -> Result<Vec<T>, Wrong> {
    match &node.value {
        Tree::List(nodes) => nodes.iter().map(one).collect(),
        _ => wrong(node, &format!("a list of {of}")),
    }
}

/// The entries of a map, of which all names must be known.
pub(super) fn entries<'n>(node: &'n Node, known: &[&str]) -> Result<BTreeMap<&'n str, &'n Node>, Wrong> {
    let Tree::Map(entries) = &node.value else {
        return wrong(node, &format!("a map of {}", known.join(", ")));
    };
    for (line, name, _) in entries {
        if !known.contains(&name.as_str()) {
            return Err((*line, format!("unknown field `{name}`; known are {}", known.join(", "))));
        }
    }
    Ok(entries.iter().map(|(_, name, node)| (name.as_str(), node)).collect())
}

fn map<T>(node: &Node, one: impl Fn(&Node) -> Result<T, Wrong>) -> Result<BTreeMap<String, T>, Wrong> {
    let Tree::Map(entries) = &node.value else { return wrong(node, "a map of names") };
    entries.iter().map(|(_, name, node)| Ok((name.clone(), one(node)?))).collect()
}

/// Texts in order, each once, without blanks around them and without empty ones.
fn set<'t>(texts: impl IntoIterator<Item = &'t str>) -> Value {
    let mut all: Vec<&str> = texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).collect();
    all.sort_unstable();
    all.dedup();
    json!(all)
}

/// A list, or a text with commas. An entry with a comma would be two on the wire.
fn commas(node: &Node) -> Result<Value, Wrong> {
    match &node.value {
        Tree::List(nodes) => {
            let texts = nodes.iter().map(|node| match text(node)? {
                entry if entry.contains(',') => {
                    Err((node.line, "an entry of this list cannot hold a comma".to_owned()))
                }
                entry => Ok(entry),
            });
            Ok(set(texts.collect::<Result<Vec<_>, _>>()?))
        }
        Tree::Text(text) => Ok(set(text.split(','))),
        _ => wrong(node, "a list of texts"),
    }
}

/// Seconds from `90`, `1h` or `1h30m`.
fn seconds(node: &Node) -> Result<Value, Wrong> {
    let odd = || (node.line, "expected seconds, or a time such as 90s, 30m, 1h30m or 7d".to_owned());
    match &node.value {
        Tree::Number(number) if *number >= 0 => Ok(json!(number)),
        Tree::Text(text) => parse_seconds(text.trim()).map(Value::from).ok_or_else(odd),
        _ => Err(odd()),
    }
}

fn parse_seconds(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<u32>() {
        return Some(i64::from(number));
    }
    let (mut total, mut digits) = (0_i64, String::new());
    for letter in text.chars() {
        let unit = match letter {
            '0'..='9' => {
                digits.push(letter);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(digits.parse::<i64>().ok()?.checked_mul(unit)?)?;
        digits.clear();
    }
    (digits.is_empty() && !text.is_empty()).then_some(total)
}

/// A network as it matches: `10.0.0.0/8` for `10.1.2.3/8`, and a single address without its prefix.
fn network(text: &str) -> Result<String, String> {
    let ip = TrustedIp::parse(text).map_err(|error| error.to_string())?;
    let address: std::net::IpAddr = ip.address().parse().map_err(|_| "no address".to_owned())?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let net = ipnet::IpNet::new(address, ip.prefix().unwrap_or(bits)).map_err(|error| error.to_string())?;
    let net = net.trunc();
    Ok(if net.prefix_len() == bits { net.addr().to_string() } else { net.to_string() })
}

/// A text that stands there, or in a file.
fn long(node: &Node, outside: &dyn Outside) -> Result<String, Wrong> {
    match &node.value {
        Tree::Map(_) => {
            let entries = entries(node, &["fromFile"])?;
            let file =
                entries.get("fromFile").ok_or((node.line, "expected a text or fromFile".to_owned()))?;
            let read = outside.file(text(file)?).map_err(|why| (file.line, why))?;
            Ok(read.trim().to_owned())
        }
        _ => text(node).map(|text| text.trim().to_owned()),
    }
}

/// The value of a secret, from where the file says it is.
pub(super) fn secret(node: &Node, outside: &dyn Outside) -> Result<String, Wrong> {
    let expected = "expected fromEnv: VARIABLE or fromFile: FILE, for secrets do not belong in these files";
    if !matches!(node.value, Tree::Map(_)) {
        return Err((node.line, expected.to_owned()));
    }
    let entries = entries(node, &["fromEnv", "fromFile"])?;
    let read = match (entries.get("fromEnv"), entries.get("fromFile")) {
        (Some(name), None) => outside.variable(text(name)?).map_err(|why| (name.line, why))?,
        (None, Some(name)) => outside.file(text(name)?).map_err(|why| (name.line, why))?,
        _ => return Err((node.line, expected.to_owned())),
    };
    let value = read.trim_end_matches(['\r', '\n']);
    if value.is_empty() {
        return Err((node.line, "what is named here is empty".to_owned()));
    }
    Ok(value.to_owned())
}

/// Patterns for a claim: a list, or one value.
fn claim(node: &Node) -> Result<Value, Wrong> {
    match &node.value {
        Tree::Number(number) => Ok(set([number.to_string().as_str()])),
        Tree::Flag(flag) => Ok(set([flag.to_string().as_str()])),
        _ => commas(node),
    }
}

/// A node as JSON.
fn plain(node: &Node) -> Result<Value, Wrong> {
    Ok(match &node.value {
        Tree::Null => Value::Null,
        Tree::Flag(flag) => json!(flag),
        Tree::Number(number) => json!(number),
        Tree::Text(text) => json!(text),
        Tree::Other(what) => return Err((node.line, format!("expected something else than {what}"))),
        Tree::List(nodes) => Value::Array(nodes.iter().map(plain).collect::<Result<_, _>>()?),
        Tree::Map(entries) => {
            let one = |(_, name, node): &(u64, String, Node)| Ok((name.clone(), plain(node)?));
            Value::Object(entries.iter().map(one).collect::<Result<_, _>>()?)
        }
    })
}

/// A rule in one form: `action` a list in order, `inverted` only where it is so, no empty `conditions`.
fn rule(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        if let Some(action) = fields.get_mut("action") {
            let one = [action.take()];
            let mut actions = match &one[0] {
                Value::Array(list) => list.clone(),
                _ => one.to_vec(),
            };
            actions.sort_by_key(ToString::to_string);
            actions.dedup();
            *action = Value::Array(actions);
        }
        fields.retain(|name, value| match name.as_str() {
            "inverted" => *value != json!(false) && !value.is_null(),
            "conditions" => !value.is_null() && *value != json!({}),
            _ => true,
        });
    }
    value
}

fn rule_node(node: &Node) -> Result<Value, Wrong> {
    let known = entries(node, &["subject", "action", "conditions", "inverted"])?;
    for name in ["subject", "action"] {
        if !known.contains_key(name) {
            return Err((node.line, format!("a rule needs `{name}`")));
        }
    }
    plain(node).map(rule)
}

/// A role that is given: its slug, or a map that says for how long.
fn grant(node: &Node) -> Result<Value, Wrong> {
    if matches!(node.value, Tree::Text(_)) {
        return Ok(json!({ "role": text(node)?.trim() }));
    }
    let entries = entries(node, &["role", "for", "from"])?;
    let needed = |name: &str| {
        let node = entries.get(name).ok_or((node.line, format!("a role for a time needs `{name}`")))?;
        text(node).map(str::trim)
    };
    let from = entries.get("from").map_or(node.line, |node| node.line);
    let start: Timestamp = needed("from")?
        .parse()
        .map_err(|_| (from, "expected a time such as 2026-01-31T08:00:00Z".to_owned()))?;
    Ok(json!({ "role": needed("role")?, "for": needed("for")?, "from": start.to_string() }))
}

fn sorted(mut values: Vec<Value>) -> Value {
    values.sort_by_key(ToString::to_string);
    values.dedup();
    Value::Array(values)
}

const PROFILES: [&str; 2] = ["static", "https_web_bundle"];

fn bundle(node: &Node, outside: &dyn Outside) -> Result<Value, Wrong> {
    let known = ["profile", "bundle", "endpointUrl", "caCert", "refreshHintSeconds"];
    let entries = entries(node, &known)?;
    let profile = entries.get("profile").ok_or((node.line, "expected `profile`".to_owned()))?;
    let mut found = Map::new();
    found.insert("profile".to_owned(), json!(text(profile)?));
    if !PROFILES.contains(&text(profile)?) {
        return Err((profile.line, format!("expected one of {}", PROFILES.join(", "))));
    }
    for name in ["bundle", "endpointUrl", "caCert"] {
        if let Some(node) = entries.get(name) {
            found.insert(name.to_owned(), json!(long(node, outside)?));
        }
    }
    if let Some(node) = entries.get("refreshHintSeconds") {
        found.insert("refreshHintSeconds".to_owned(), seconds(node)?);
    }
    Ok(shown_bundle(&Value::Object(found)))
}

/// The fields that count for the profile, with what the server makes of those that are missing.
fn shown_bundle(value: &Value) -> Value {
    let text = |name: &str| value[name].as_str().unwrap_or_default().trim().to_owned();
    if value["profile"] == PROFILES[0] {
        return json!({ "profile": PROFILES[0], "bundle": text("bundle") });
    }
    let hint = value["refreshHintSeconds"].as_i64().unwrap_or(3600);
    json!({
        "profile": text("profile"), "endpointUrl": text("endpointUrl"), "caCert": text("caCert"),
        "refreshHintSeconds": hint,
    })
}

impl Shape {
    /// From a file.
    pub(super) fn read(self, node: &Node, outside: &dyn Outside) -> Result<Value, Wrong> {
        if node.value == Tree::Null && self == Self::SetOrNull {
            return Ok(Value::Null);
        }
        match self {
            Self::Text => text(node).map(|text| json!(text.trim())),
            Self::Long => long(node, outside).map(Value::from),
            Self::Secret => secret(node, outside).map(Value::from),
            Self::Flag => match node.value {
                Tree::Flag(flag) => Ok(json!(flag)),
                _ => wrong(node, "true or false"),
            },
            Self::Number => match node.value {
                Tree::Number(number) if number >= 0 => Ok(json!(number)),
                _ => wrong(node, "a number from 0"),
            },
            Self::Seconds => seconds(node),
            Self::Choice(words) => match text(node)? {
                word if words.contains(&word) => Ok(json!(word)),
                _ => Err((node.line, format!("expected one of {}", words.join(", ")))),
            },
            Self::Commas => commas(node),
            Self::Set | Self::SetOrNull => list(node, "texts", text).map(set),
            Self::Longs => list(node, "texts", |node| long(node, outside))
                .map(|texts| set(texts.iter().map(String::as_str))),
            Self::Networks => {
                let one = |node| network(text(node)?).map_err(|why| (node.line, why));
                let nets = list(node, "addresses and networks", one)?;
                Ok(set(nets.iter().map(String::as_str)))
            }
            Self::Claims => map(node, claim).map(|claims| json!(claims)),
            Self::Names | Self::Metadata => {
                map(node, |node| text(node).map(str::to_owned)).map(|names| json!(names))
            }
            Self::Attributes => map(node, commas).map(|fields| json!(fields)),
            Self::Bundle => bundle(node, outside),
            Self::Rules => list(node, "rules", rule_node).map(Value::Array),
            Self::Grants => list(node, "roles", grant).map(sorted),
        }
    }

    /// From what the server shows; what is missing is null here.
    pub(super) fn shown(self, value: &Value) -> Value {
        let texts = || value.as_array().into_iter().flatten().filter_map(Value::as_str);
        let split = |value: &Value| set(value.as_str().unwrap_or_default().split(','));
        match self {
            Self::Text | Self::Long | Self::Secret => json!(value.as_str().unwrap_or_default().trim()),
            Self::Flag => json!(value.as_bool().unwrap_or_default()),
            Self::Number | Self::Seconds => json!(value.as_i64().unwrap_or_default()),
            Self::Choice(_) => value.clone(),
            Self::Commas => split(value),
            Self::SetOrNull if value.is_null() => Value::Null,
            Self::Set | Self::SetOrNull | Self::Longs => set(texts()),
            Self::Networks => {
                let one = |entry: &Value| {
                    let address = entry["ipAddress"].as_str().unwrap_or_default();
                    let prefix = entry["prefix"].as_u64().map(|prefix| format!("/{prefix}"));
                    let text = format!("{address}{}", prefix.unwrap_or_default());
                    network(&text).unwrap_or(text)
                };
                let nets: Vec<String> = value.as_array().into_iter().flatten().map(one).collect();
                set(nets.iter().map(String::as_str))
            }
            Self::Claims => {
                let claims = value.as_object().into_iter().flatten();
                claims.map(|(name, patterns)| (name.clone(), split(patterns))).collect::<Map<_, _>>().into()
            }
            Self::Names => {
                if value.is_object() {
                    value.clone()
                } else {
                    json!({})
                }
            }
            Self::Metadata => pairs(value, |value| json!(value)),
            Self::Attributes => pairs(value, |value| set(value.split(','))),
            Self::Bundle => shown_bundle(value),
            Self::Rules => {
                value.as_array().into_iter().flatten().cloned().map(rule).collect::<Vec<_>>().into()
            }
            Self::Grants => sorted(value.as_array().into_iter().flatten().map(shown_grant).collect()),
        }
    }

    /// As the wire takes it.
    pub(super) fn sent(self, value: &Value) -> Value {
        let joined = |value: &Value, by: &str| {
            let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
            json!(texts.collect::<Vec<_>>().join(by))
        };
        let entries = || value.as_object().into_iter().flatten();
        match self {
            Self::Commas => joined(value, ", "),
            Self::Networks => {
                value.as_array().into_iter().flatten().map(|net| json!({ "ipAddress": net })).collect()
            }
            Self::Claims => {
                entries().map(|(name, set)| (name.clone(), joined(set, ", "))).collect::<Map<_, _>>().into()
            }
            Self::Metadata => entries().map(|(key, value)| json!({ "key": key, "value": value })).collect(),
            Self::Attributes => {
                entries().map(|(key, set)| json!({ "key": key, "value": joined(set, ",") })).collect()
            }
            Self::Grants => value.as_array().into_iter().flatten().map(sent_grant).collect(),
            _ => value.clone(),
        }
    }

    /// What stands for nothing.
    pub(super) fn nothing(self) -> Value {
        self.shown(&Value::Null)
    }
}

/// Entries with `key` and `value` as a map.
fn pairs(value: &Value, one: impl Fn(&str) -> Value) -> Value {
    let entries = value.as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    entries.map(|entry| (text(&entry["key"]), one(&text(&entry["value"])))).collect::<Map<_, _>>().into()
}

fn shown_grant(role: &Value) -> Value {
    let slug = role["customRoleSlug"].as_str().or(role["role"].as_str()).unwrap_or_default();
    if role["isTemporary"] != json!(true) {
        return json!({ "role": slug });
    }
    let start = role["temporaryAccessStartTime"].as_str().unwrap_or_default();
    let start = start.parse::<Timestamp>().map_or_else(|_| start.to_owned(), |time| time.to_string());
    json!({ "role": slug, "for": role["temporaryRange"], "from": start })
}

fn sent_grant(grant: &Value) -> Value {
    if grant["for"].is_null() {
        return json!({ "role": grant["role"] });
    }
    json!({
        "role": grant["role"], "isTemporary": true, "temporaryMode": "relative",
        "temporaryRange": grant["for"], "temporaryAccessStartTime": grant["from"],
    })
}
