//! Manifests for Kubernetes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// A Kubernetes secret that holds these values, for `kubectl apply -f -`.
pub(crate) fn secret<'a>(
    name: &str,
    namespace: Option<&str>,
    data: impl Iterator<Item = (&'a str, &'a str)>,
) -> Value {
    let mut metadata = json!({ "name": name });
    if let Some(namespace) = namespace {
        metadata["namespace"] = namespace.into();
    }
    let data: Map<String, Value> =
        data.map(|(key, value)| (key.to_owned(), STANDARD.encode(value).into())).collect();
    json!({ "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata, "data": data })
}
