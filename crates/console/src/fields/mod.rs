//! Forms from descriptions: what the schema of a route's input says becomes the fields of a form, and what was typed
//! becomes that input. So a form can neither miss a field of the API nor tell another story about it.

mod fill;
mod read;
mod words;

use serde_json::Value;

pub(crate) use fill::fill;
pub(crate) use read::{pairs, read};
pub(crate) use words::label;

/// How a value is typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A line of text.
    Line,
    /// A text of several lines: PEM, JSON.
    Text,
    /// What is never shown: left empty, it stays. With it comes what clears it, if anything does.
    Secret(Option<Value>),
    /// Yes or no.
    Tick,
    /// A whole number.
    Number,
    /// One of these: value and name.
    Choice(Vec<(String, String)>),
    /// Texts, one a line.
    Lines,
    /// Texts in PEM, one after the other.
    Pems,
    /// Objects with one field of this name, one a line.
    Wrapped(String),
    /// Objects with `key` and `value`, one a line.
    Pairs,
    /// A map from keys to values, one a line.
    Map,
}

/// A field of a form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Field {
    /// Where it is in the input, separated by dots; also its name in the form.
    pub(crate) name: String,
    /// Name for people.
    pub(crate) label: String,
    /// What it means.
    pub(crate) help: String,
    /// Whether the input must have it.
    pub(crate) required: bool,
    /// Value of a new one.
    pub(crate) default: Option<Value>,
    /// How it is typed.
    pub(crate) kind: Kind,
}

impl Field {
    /// Whether it is part of an object inside of the input.
    fn is_inner(&self) -> bool {
        self.name.contains('.')
    }

    /// What is ticked to clear it.
    pub(crate) fn clear(&self) -> Option<String> {
        matches!(self.kind, Kind::Secret(Some(_))).then(|| format!("{}.clear", self.name))
    }

    /// How what is typed is to be written.
    pub(crate) fn shape(&self) -> &'static str {
        match self.kind {
            Kind::Lines | Kind::Wrapped(_) => "One per line.",
            Kind::Pems => "One after the other.",
            Kind::Pairs | Kind::Map => "One per line, as key = value.",
            _ => "",
        }
    }

    /// Everything there is to say about it.
    pub(crate) fn says(&self) -> String {
        [self.help.as_str(), self.shape()].join(" ").trim().to_owned()
    }
}

/// The fields of a schema that have these names, in their order. What is kept only for older clients is left out.
pub(crate) fn fields(schema: &Value, names: &[&str]) -> Vec<Field> {
    let mut found = Vec::new();
    for name in names {
        let described = &schema["properties"][*name];
        if described.is_object() && described["deprecated"] != true {
            add(&mut found, (name, described), is_required(schema, name));
        }
    }
    found
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name))
}

fn add(found: &mut Vec<Field>, (name, described): (&str, &Value), required: bool) {
    let value = present(described);
    if let Some(inner) = value["properties"].as_object() {
        // The alphabet says nothing; what one has to choose comes first.
        let mut names: Vec<&String> = inner.keys().collect();
        names.sort_by_key(|name| !is_required(value, name));
        for part in names {
            add(found, (&format!("{name}.{part}"), &inner[part]), false);
        }
        return;
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    let default = Some(described["default"].clone()).filter(|value| !value.is_null());
    found.push(Field {
        name: name.to_owned(),
        label: label(last),
        help: sentence(described, value),
        required,
        default: default.filter(|value| value.is_boolean() || value.is_string()),
        kind: kind(described, value),
    });
}

/// A description without its marks of code.
fn sentence(described: &Value, value: &Value) -> String {
    let text = described["description"].as_str().or(value["description"].as_str());
    text.unwrap_or_default().replace('`', "").replace('\n', " ")
}

/// What a schema says of a value that is there.
fn present(schema: &Value) -> &Value {
    let is_null = |one: &&Value| one["type"] == "null";
    let mut several = schema["anyOf"].as_array().into_iter().flatten();
    several.find(|one| !is_null(one)).map_or(schema, present)
}

fn is_a(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|one| one == kind),
        one => one == kind,
    }
}

fn kind(described: &Value, value: &Value) -> Kind {
    let has_media = described["contentMediaType"].is_string();
    if described["format"] == "password" {
        return Kind::Secret(described.get("x-cleared-by").cloned());
    }
    if let Some(options) = options(value) {
        return Kind::Choice(options);
    }
    if is_a(value, "array") {
        return list(present(&value["items"]), has_media);
    }
    match () {
        () if is_a(value, "boolean") => Kind::Tick,
        () if is_a(value, "integer") => Kind::Number,
        () if is_a(value, "object") => Kind::Map,
        () if has_media => Kind::Text,
        () => Kind::Line,
    }
}

fn list(item: &Value, has_media: bool) -> Kind {
    let parts: Vec<&String> =
        item["properties"].as_object().into_iter().flat_map(|parts| parts.keys()).collect();
    match parts.as_slice() {
        [one] => Kind::Wrapped((*one).clone()),
        [key, value] if *key == "key" && *value == "value" => Kind::Pairs,
        _ if has_media => Kind::Pems,
        _ => Kind::Lines,
    }
}

/// The values that can be chosen, each with what it means.
fn options(value: &Value) -> Option<Vec<(String, String)>> {
    let plain = value["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut options: Vec<_> = plain.map(|one| (one.to_owned(), one.to_owned())).collect();
    for one in value["oneOf"].as_array().into_iter().flatten() {
        let meaning = one["description"].as_str().unwrap_or_default().replace('`', "").replace('\n', " ");
        let values = one["enum"].as_array().into_iter().flatten().chain(one.get("const"));
        for text in values.filter_map(Value::as_str) {
            let meaning = meaning.trim_end_matches('.');
            let name = if meaning.is_empty() { text.to_owned() } else { format!("{text}: {meaning}") };
            options.push((text.to_owned(), name));
        }
    }
    (!options.is_empty()).then_some(options)
}

#[cfg(test)]
mod tests {
    use vouchsafe_server::http::{method_forms, openapi};

    use super::*;

    fn of(method: &str) -> Vec<Field> {
        let form = method_forms().iter().find(|form| form.id == method).unwrap();
        let schema = openapi::input_of(&http::Method::POST, form.path).unwrap();
        fields(&schema, form.own)
    }

    fn kind_of(fields: &[Field], name: &str) -> Kind {
        fields.iter().find(|field| field.name == name).unwrap_or_else(|| panic!("{name}")).kind.clone()
    }

    #[test]
    fn schemas_become_fields() {
        let jwt = of("jwt-auth");
        let Kind::Choice(options) = kind_of(&jwt, "configurationType") else { panic!("{jwt:?}") };
        assert_eq!(options[1], ("static".to_owned(), "static: Written down".to_owned()));
        assert_eq!(kind_of(&jwt, "jwksUrl"), Kind::Line);
        assert_eq!(kind_of(&jwt, "jwksCaCert"), Kind::Text);
        assert_eq!(kind_of(&jwt, "publicKeys"), Kind::Pems);
        assert_eq!(kind_of(&jwt, "boundClaims"), Kind::Map);
        assert_eq!(kind_of(&jwt, "claimMetadataMapping"), Kind::Map);
        assert_eq!(kind_of(&jwt, "allowedAlgorithms"), Kind::Lines);
        assert_eq!(kind_of(&jwt, "clockSkewSeconds"), Kind::Number);
        assert_eq!(kind_of(&jwt, "oneTimeTokens"), Kind::Tick);
        let ldap = of("ldap-auth");
        assert_eq!(kind_of(&ldap, "bindPass"), Kind::Secret(Some("".into())));
        assert_eq!(kind_of(&ldap, "allowedFields"), Kind::Pairs);
        assert!(!ldap.iter().any(|field| field.name == "templateId"));
        let filter = ldap.iter().find(|field| field.name == "searchFilter").unwrap();
        assert_eq!(filter.default, Some("(uid={{username}})".into()));
        let spiffe = of("spiffe-auth");
        let names: Vec<&str> = spiffe.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names[3], "trustBundleDistribution.profile");
        assert_eq!(kind_of(&spiffe, "trustBundleDistribution.bundle"), Kind::Text);
        assert_eq!(kind_of(&of("kubernetes-auth"), "tokenReviewerJwt"), Kind::Secret(Some(Value::Null)));
        assert_eq!(
            kind_of(&of("universal-auth"), "clientSecretTrustedIps"),
            Kind::Wrapped("ipAddress".to_owned())
        );
    }

    #[test]
    fn every_method_has_all_of_its_fields() {
        let counts: Vec<usize> = method_forms().iter().map(|form| of(form.id).len()).collect();
        assert_eq!(counts, [1, 0, 10, 5, 5, 4, 11, 13, 10, 7, 9, 2, 1]);
    }
}
