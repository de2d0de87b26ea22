//! Secrets as templates see them, with the official agent's names.

use std::collections::BTreeSet;
use std::sync::Arc;

use gotmpl::Value;
use vouchsafe_api::secrets::{Secret, SecretKind, SecretList};

/// The secrets of a list in order, then those that it imports and does not have itself; later imports win.
pub(super) fn list(list: &SecretList) -> Value {
    let mut names: BTreeSet<&str> = list.secrets.iter().map(|secret| secret.secret_key.as_str()).collect();
    let mut values: Vec<Value> = list.secrets.iter().map(secret).collect();
    for imported in list.imports.iter().rev() {
        for found in &imported.secrets {
            if names.insert(&found.secret_key) {
                values.push(secret(found));
            }
        }
    }
    Value::List(values.into())
}

/// Shorter values than this, in bytes, are found in any text.
const SHORTEST: usize = 4;

/// One secret.
pub(super) fn secret(secret: &Secret) -> Value {
    let kind = match secret.r#type {
        SecretKind::Shared => "shared",
        SecretKind::Personal => "personal",
    };
    let tags =
        secret.tags.iter().map(|tag| fields([("ID", text(&tag.id.to_string())), ("Slug", text(&tag.slug))]));
    let metadata = secret.secret_metadata.iter();
    let metadata =
        metadata.map(|pair| fields([("Key", text(&pair.key)), ("Value", text(pair.value.reveal()))]));
    fields([
        ("ID", text(&secret.id.to_string())),
        ("Key", text(&secret.secret_key)),
        ("Value", text(secret.secret_value.reveal())),
        ("Comment", text(secret.secret_comment.reveal())),
        ("SecretPath", text(&secret.secret_path)),
        ("Environment", text(&secret.environment)),
        ("WorkspaceId", text(&secret.workspace.to_string())),
        ("Type", text(kind)),
        ("Version", Value::Int(secret.version)),
        ("SkipMultilineEncoding", Value::Bool(secret.skip_multiline_encoding.unwrap_or_default())),
        ("Tags", Value::List(tags.collect())),
        ("SecretMetadata", Value::List(metadata.collect())),
    ])
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Map(Arc::new(fields.into_iter().map(|(name, value)| (name.into(), value)).collect()))
}

fn text(text: &str) -> Value {
    Value::String(text.into())
}

/// A text without the values of these secrets.
pub(super) fn left_out(secrets: &Value, text: String) -> String {
    match secrets {
        Value::List(secrets) => secrets.iter().fold(text, |text, secret| left_out(secret, text)),
        Value::Map(fields) => match fields.get("Value") {
            Some(Value::String(value)) if value.len() >= SHORTEST => text.replace(&**value, "…"),
            _ => text,
        },
        _ => text,
    }
}
