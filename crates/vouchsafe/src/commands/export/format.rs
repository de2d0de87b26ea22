//! Secrets as texts that other programs read. What a format cannot carry is refused, never changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;
use vouchsafe_api::secrets::Secret;
use vouchsafe_client::variables::is_name;
use vouchsafe_domain::dotenv;

use crate::commands::quoted;
use crate::failure::{Failure, Outcome};
use crate::manifest;

/// Secrets by name.
type Secrets = BTreeMap<String, Secret>;

/// Most bytes of all values of a Kubernetes secret.
const LARGEST_MANIFEST: usize = 1024 * 1024;

/// Lines of `NAME='value'`, each after the prefix.
pub(super) fn dotenv(secrets: &Secrets, prefix: &str) -> Outcome<String> {
    lines(secrets, prefix, dotenv::quoted)
}

/// Lines of `export NAME=value` for a POSIX shell.
pub(super) fn shell(secrets: &Secrets) -> Outcome<String> {
    lines(secrets, "export ", quoted)
}

fn lines(secrets: &Secrets, prefix: &str, quote: impl Fn(&str) -> String) -> Outcome<String> {
    let mut text = String::new();
    for (name, value) in values(secrets) {
        if !is_name(name) {
            return Err(refused(name, "its name cannot be that of a variable"));
        }
        if value.contains('\0') {
            return Err(refused(name, "its value has a NUL character, which no variable can hold"));
        }
        let _ = writeln!(text, "{prefix}{name}={}", quote(value));
    }
    Ok(text)
}

/// A list of objects, with the fields that the official client has.
pub(super) fn json(secrets: &Secrets) -> Outcome<String> {
    let rows = secrets.values().map(|secret| {
        let tags = secret.tags.iter().map(|tag| json!({ "_id": tag.id, "slug": tag.slug, "name": tag.name }));
        json!({
            "key": secret.secret_key,
            "value": secret.secret_value,
            "workspace": secret.workspace,
            "type": secret.r#type,
            "_id": secret.id,
            "secretPath": secret.secret_path,
            "tags": tags.collect::<Vec<_>>(),
            "comment": secret.secret_comment,
        })
    });
    Ok(serde_json::to_string_pretty(&rows.collect::<Vec<_>>())? + "\n")
}

/// A map; every value in double quotes, so that no reader takes one for a number or a truth value.
pub(super) fn yaml(secrets: &Secrets) -> String {
    let mut text = String::new();
    for (name, value) in values(secrets) {
        yaml_text(&mut text, name);
        text.push_str(": ");
        yaml_text(&mut text, value);
        text.push('\n');
    }
    if text.is_empty() { "{}\n".to_owned() } else { text }
}

/// A text in double quotes (YAML 1.2.2, sections 5.1 and 5.7): what is not printable is escaped.
fn yaml_text(text: &mut String, value: &str) {
    text.push('"');
    for char in value.chars() {
        match char {
            '"' | '\\' => text.extend(['\\', char]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' => {
                text.push(char);
            }
            '\u{ff00}'..='\u{fffd}' | '\u{10000}'.. => text.push(char),
            other => {
                let _ = write!(text, "\\u{:04x}", u32::from(other));
            }
        }
    }
    text.push('"');
}

/// A table with a heading (RFC 4180).
pub(super) fn csv(secrets: &Secrets) -> Outcome<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["Key", "Value"])?;
    for (name, value) in values(secrets) {
        writer.write_record([name, value])?;
    }
    Ok(String::from_utf8(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)?)
}

/// A manifest of a Kubernetes secret.
pub(super) fn kubernetes(secrets: &Secrets, name: &str, namespace: Option<&str>) -> Outcome<String> {
    let mut size = 0;
    for (key, value) in values(secrets) {
        if !is_manifest_key(key) {
            return Err(refused(key, "expected a name of letters, digits, `-`, `_` and `.`, at most 253"));
        }
        size += value.len();
        if size > LARGEST_MANIFEST {
            return Err(refused(key, "with it the values are larger than 1 MiB, which Kubernetes refuses"));
        }
    }
    Ok(serde_json::to_string_pretty(&manifest::secret(name, namespace, values(secrets)))? + "\n")
}

/// What Kubernetes accepts as a key of a secret's data.
fn is_manifest_key(key: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=253).contains(&key.len()) && key.bytes().all(known) && key != "." && !key.starts_with("..")
}

fn values(secrets: &Secrets) -> impl Iterator<Item = (&str, &str)> {
    secrets.iter().map(|(name, secret)| (name.as_str(), secret.secret_value.reveal()))
}

fn refused(name: &str, why: &str) -> Failure {
    Failure::message(format!("this format cannot hold the secret `{name}`: {why}"))
        .hint("choose another --format, or leave the secret out with --path or --tags")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;
    use crate::commands::reading::tests::secret;

    /// Values that formats stumble over.
    fn hostile() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "'",
            "\"",
            "`",
            "$",
            "${A}",
            "$(id)",
            "\\",
            "\\n",
            "\n",
            "\r\n",
            "\r",
            "\t",
            " ",
            "#",
            " #",
            "=",
            ",",
            ";",
            "!",
            "~",
            "*",
            "%",
            "&",
            "|",
            "- ",
            ": ",
            "{",
            "[",
            "---",
            "yes",
            "null",
            "0x1F",
            "1e3",
            "é",
            "語",
            "🔑",
            "\u{1}",
            "\u{7f}",
            "\u{81}",
            "\u{85}",
            "\u{88}",
            "\u{2028}",
            "\u{feff}",
            "\u{fffe}",
            "\u{10ffff}",
            "a",
            "B7",
        ]);
        prop_oneof![prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()), "[^\0]{0,24}"]
    }

    fn named(values: &[String]) -> Secrets {
        let name = |at: usize| format!("S{at}");
        values.iter().enumerate().map(|(at, value)| (name(at), secret("/", &name(at), value))).collect()
    }

    /// What a shell has in its variables after it read the text.
    fn through_shell(text: &str, count: usize) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("given"), text).unwrap();
        let names: String = (0..count).fold(String::new(), |names, at| format!("{names} \"$S{at}\""));
        let script = format!(". ./given && printf '%s\\0' {names}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(folder.path()).env_clear().env("PATH", "/usr/bin:/bin");
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).unwrap();
        printed.split_terminator('\0').map(str::to_owned).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn shells_read_what_was_written(values in prop::collection::vec(hostile(), 8)) {
            let secrets = named(&values);
            prop_assert_eq!(&through_shell(&shell(&secrets).unwrap(), 8), &values);
            prop_assert_eq!(&through_shell(&dotenv(&secrets, "").unwrap(), 8), &values);
            prop_assert_eq!(&through_shell(&dotenv(&secrets, "export ").unwrap(), 8), &values);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn our_own_reader_reads_what_was_written(values in prop::collection::vec(hostile(), 4)) {
            let secrets = named(&values);
            for text in [dotenv(&secrets, "").unwrap(), dotenv(&secrets, "export ").unwrap(), shell(&secrets).unwrap()] {
                let read: Vec<String> =
                    dotenv::parse(&text).unwrap().into_iter().map(|entry| entry.value).collect();
                prop_assert_eq!(&read, &values);
            }
        }

        #[test]
        fn yaml_is_read_back(values in prop::collection::vec(hostile(), 4), name in "[^\0:/]{1,12}") {
            let mut secrets = named(&values);
            secrets.insert(name.clone(), secret("/", &name, "named"));
            let read: BTreeMap<String, String> = serde_saphyr::from_str(&yaml(&secrets)).unwrap();
            let want: BTreeMap<String, String> =
                self::values(&secrets).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            prop_assert_eq!(read, want);
        }

        #[test]
        fn csv_is_read_back(values in prop::collection::vec(hostile(), 4)) {
            let text = csv(&named(&values)).unwrap();
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            prop_assert_eq!(reader.headers().unwrap(), vec!["Key", "Value"]);
            let read: Vec<String> = reader.records().map(|row| row.unwrap()[1].to_owned()).collect();
            prop_assert_eq!(read, values);
        }

        #[test]
        fn json_and_manifests_are_read_back(values in prop::collection::vec(hostile(), 4)) {
            let secrets = named(&values);
            let read: serde_json::Value = serde_json::from_str(&json(&secrets).unwrap()).unwrap();
            let manifest: serde_json::Value =
                serde_json::from_str(&kubernetes(&secrets, "app", Some("ns")).unwrap()).unwrap();
            for (at, value) in values.iter().enumerate() {
                prop_assert_eq!(read[at]["value"].as_str(), Some(value.as_str()));
                let encoded = manifest["data"][format!("S{at}")].as_str().unwrap();
                prop_assert_eq!(&STANDARD.decode(encoded).unwrap(), value.as_bytes());
            }
            prop_assert_eq!(&manifest["metadata"], &json!({ "name": "app", "namespace": "ns" }));
        }
    }

    #[test]
    fn what_a_format_cannot_hold_is_refused_by_name() {
        let one = |name: &str, value: &str| Secrets::from([(name.to_owned(), secret("/", name, value))]);
        let said = |refused: Outcome<String>| format!("{:?}", refused.unwrap_err().error);
        for name in ["with-dash", "1ST", "a b", "é"] {
            let secrets = one(name, "canary");
            for refused in [dotenv(&secrets, ""), dotenv(&secrets, "export "), shell(&secrets)] {
                let said = said(refused);
                assert!(said.contains(&format!("`{name}`")) && !said.contains("canary"), "{said}");
            }
        }
        assert!(said(shell(&one("A", "canary\0"))).contains("`A`"));
        for name in ["a b", "é", "..", "..x", "."] {
            let said = said(kubernetes(&one(name, "canary"), "app", None));
            assert!(said.contains(&format!("`{name}`")) && !said.contains("canary"), "{said}");
        }
        assert!(kubernetes(&one("with-dash.pem", "x"), "app", None).is_ok());
        assert!(
            said(kubernetes(&one("BIG", &"x".repeat(LARGEST_MANIFEST + 1)), "app", None)).contains("1 MiB")
        );
    }
}
