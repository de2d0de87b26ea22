//! The shape of the file: that of the official agent, and what we add to it. Paths and durations are still text.

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde_json::Value;

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct File {
    /// Of the file's format; read and not used.
    pub(super) version: Option<String>,
    #[serde(alias = "vouchsafe")]
    pub(super) infisical: Server,
    pub(super) auth: Auth,
    pub(super) sinks: Option<Vec<Sink>>,
    pub(super) cache: Option<Value>,
    pub(super) templates: Option<Vec<Template>>,
    pub(super) certificates: Option<Vec<Value>>,
    pub(super) exec: Option<Exec>,
    pub(super) health: Option<Health>,
    pub(super) proxy: Option<Vec<Proxy>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Server {
    pub(super) address: Option<String>,
    pub(super) exit_after_auth: bool,
    pub(super) revoke_credentials_on_shutdown: bool,
    pub(super) retry_strategy: Option<Retry>,
    pub(super) timeout: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Retry {
    pub(super) max_retries: Option<u64>,
    pub(super) base_delay: Option<String>,
    pub(super) max_delay: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Auth {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) config: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Sink {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) config: SinkDetails,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct SinkDetails {
    pub(super) path: Option<String>,
    #[serde(alias = "mode")]
    pub(super) permission: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) group: Option<String>,
    pub(super) format: Option<String>,
}

#[expect(clippy::struct_field_names, reason = "they are named as in the official file")]
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Template {
    pub(super) source_path: Option<String>,
    pub(super) base64_template_content: Option<String>,
    pub(super) template_content: Option<String>,
    pub(super) destination_path: Option<String>,
    pub(super) config: TemplateDetails,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct TemplateDetails {
    pub(super) polling_interval: Option<String>,
    #[serde(alias = "mode")]
    pub(super) permission: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) group: Option<String>,
    pub(super) execute: Option<Execute>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Execute {
    pub(super) command: Option<Command>,
    /// Seconds.
    pub(super) timeout: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Exec {
    pub(super) command: Option<Command>,
    pub(super) environment: Option<Environment>,
    pub(super) token_variable: Option<String>,
    pub(super) on_change: Option<String>,
    pub(super) signal: Option<String>,
    pub(super) grace: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Environment {
    pub(super) project_id: Option<String>,
    #[serde(alias = "environment")]
    pub(super) env: Option<String>,
    pub(super) path: Option<String>,
    pub(super) polling_interval: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Health {
    pub(super) listen: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Proxy {
    pub(super) listen: Option<String>,
}

/// A command: a text for a shell, or a program with its arguments.
pub(super) enum Command {
    Shell(String),
    Program(Vec<String>),
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CommandVisitor)
    }
}

struct CommandVisitor;

impl<'de> Visitor<'de> for CommandVisitor {
    type Value = Command;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a command for a shell, or a list of a program and its arguments")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Command, E> {
        Ok(Command::Shell(text.to_owned()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Command, E> {
        Ok(Command::Shell(String::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Command, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element()? {
            words.push(word);
        }
        Ok(Command::Program(words))
    }
}
