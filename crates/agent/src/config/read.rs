//! From the text of a file to a [`Config`].

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::lines::Lines;
use super::{Config, Environment, Exec, Format, OnChange, Sink, Template, TemplateSource, raw, value};
use crate::auth::Auth;
use crate::pace::{Pace, SHORTEST};

/// How often secrets are looked at if nothing else is said, as with the official agent.
const POLLING: Duration = Duration::from_mins(5);
/// How long a program may take to end if nothing else is said.
const GRACE: Duration = Duration::from_secs(10);
/// More sinks, templates or proxies are a mistake.
const MOST: usize = 1000;

/// Why a configuration cannot be used. Never holds a value of the file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}{}{what}", line.map(|line| format!("line {line}: ")).unwrap_or_default(), place(key))]
pub struct ConfigError {
    /// Which key, such as `sinks.0.config.path`; empty for the whole.
    pub key: String,
    /// On which line.
    pub line: Option<u64>,
    /// What is wrong, and what was expected.
    pub what: String,
}

fn place(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("`{key}`: ") }
}

/// Something about a configuration that is no error, such as an unknown key.
pub type Remark = ConfigError;

/// What is collected while a file is read.
struct Reading {
    lines: Lines,
    remarks: Vec<Remark>,
}

/// Reads a configuration; answers also what in it is without effect.
pub fn parse(text: &str) -> Result<(Config, Vec<Remark>), ConfigError> {
    let mut reading = Reading { lines: Lines::of(text), remarks: Vec::new() };
    let file = reading.yaml(text)?;
    let config = reading.config(file)?;
    Ok((config, reading.remarks))
}

impl Reading {
    fn wrong(&self, key: impl Into<String>, what: impl Into<String>) -> ConfigError {
        let key = key.into();
        ConfigError { line: self.lines.line(&key), key, what: what.into() }
    }

    fn remark(&mut self, key: &str, what: &str) {
        self.remarks.push(self.wrong(key, what));
    }

    fn yaml(&mut self, text: &str) -> Result<raw::File, ConfigError> {
        let options = serde_saphyr::options! { with_snippet: false };
        let mut unknown = Vec::new();
        let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, |yaml| {
            serde_ignored::deserialize(yaml, |path| unknown.push(dotted(&path.to_string())))
        });
        let file = read.map_err(|error| {
            let line = error.location().map(|location| location.line());
            ConfigError {
                key: String::new(),
                line,
                what: without_values(&error.without_snippet().to_string()),
            }
        })?;
        for key in unknown {
            self.remark(&key, "nothing of this name is known; it has no effect");
        }
        Ok(file)
    }

    fn config(&mut self, file: raw::File) -> Result<Config, ConfigError> {
        for (key, is_there) in
            [("cache", file.cache.is_some()), ("certificates", file.certificates.is_some())]
        {
            if is_there {
                self.remark(key, "this agent has no such thing; it has no effect");
            }
        }
        if file.proxy.is_some() {
            self.remark("proxy", "this version serves no proxy; it has no effect");
        }
        let server = file.infisical;
        let timeout = self.duration("infisical.timeout", server.timeout.as_deref())?;
        let config = Config {
            address: value::given(server.address.as_deref()).map(str::to_owned),
            exit_after_auth: server.exit_after_auth,
            revoke_on_shutdown: server.revoke_credentials_on_shutdown,
            pace: self.pace(server.retry_strategy.unwrap_or_default())?,
            timeout,
            auth: self.auth(file.auth)?,
            sinks: self.each("sinks", file.sinks, Self::sink)?,
            templates: self.each("templates", file.templates, Self::template)?,
            exec: file.exec.map(|exec| self.exec(exec)).transpose()?,
            health: self.health(file.health)?,
            proxy: self.each("proxy", file.proxy, Self::proxy)?,
        };
        if config.sinks.is_empty()
            && config.templates.is_empty()
            && config.exec.is_none()
            && config.proxy.is_empty()
        {
            return Err(self.wrong("", "nothing to do: expected `sinks`, `templates`, `exec` or `proxy`"));
        }
        self.refuse_doubles(&config)?;
        Ok(config)
    }

    fn each<R, T>(
        &mut self,
        key: &str,
        items: Option<Vec<R>>,
        read: fn(&mut Self, &str, R) -> Result<T, ConfigError>,
    ) -> Result<Vec<T>, ConfigError> {
        let items = items.unwrap_or_default();
        if items.len() > MOST {
            return Err(self.wrong(key, format!("expected at most {MOST}")));
        }
        items
            .into_iter()
            .enumerate()
            .map(|(index, item)| read(self, &format!("{key}.{index}"), item))
            .collect()
    }

    fn duration(&self, key: &str, text: Option<&str>) -> Result<Option<Duration>, ConfigError> {
        value::given(text).map(value::duration).transpose().map_err(|why| self.wrong(key, why))
    }

    fn pace(&mut self, retry: raw::Retry) -> Result<Pace, ConfigError> {
        if retry.max_retries.is_some() {
            self.remark("infisical.retry-strategy.max-retries", "the agent never gives up; it has no effect");
        }
        let first = self.duration("infisical.retry-strategy.base-delay", retry.base_delay.as_deref())?;
        let cap = self.duration("infisical.retry-strategy.max-delay", retry.max_delay.as_deref())?;
        Ok(Pace {
            first: first.unwrap_or(Pace::TROUBLE.first).max(SHORTEST),
            cap: cap.unwrap_or(Pace::TROUBLE.cap).clamp(SHORTEST, Pace::TROUBLE.cap),
        })
    }

    fn auth(&mut self, auth: raw::Auth) -> Result<Auth, ConfigError> {
        let kind = value::given(auth.kind.as_deref()).unwrap_or_default().to_owned();
        let config = auth.config.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        let mut unknown = Vec::new();
        let auth = Auth::read(&kind, config, &mut unknown);
        for key in unknown {
            self.remark(&format!("auth.config.{key}"), "nothing of this name is known; it has no effect");
        }
        auth.map_err(|(key, what)| self.wrong(format!("auth.{key}"), what))
    }

    fn sink(&mut self, key: &str, sink: raw::Sink) -> Result<Sink, ConfigError> {
        if value::given(sink.kind.as_deref()).is_some_and(|kind| kind != "file") {
            return Err(self.wrong(format!("{key}.type"), "expected `file`"));
        }
        let (key, details) = (format!("{key}.config"), sink.config);
        let path = value::path(details.path.as_deref())
            .ok_or_else(|| self.wrong(format!("{key}.path"), "expected the path of a file"))?;
        let access = self.access(
            &key,
            details.permission.as_deref(),
            details.owner.as_deref(),
            details.group.as_deref(),
        )?;
        let format = match value::given(details.format.as_deref()) {
            None | Some("token") => Format::Token,
            Some("json") => Format::Json,
            Some("dotenv") => Format::Dotenv,
            Some(_) => {
                return Err(self.wrong(format!("{key}.format"), "expected `token`, `json` or `dotenv`"));
            }
        };
        Ok(Sink { path, access, format })
    }

    fn access(
        &self,
        key: &str,
        mode: Option<&str>,
        owner: Option<&str>,
        group: Option<&str>,
    ) -> Result<crate::file::Access, ConfigError> {
        value::access(mode, owner, group).map_err(|(name, why)| self.wrong(format!("{key}.{name}"), why))
    }

    fn template(&mut self, key: &str, template: raw::Template) -> Result<Template, ConfigError> {
        let source = self.source(key, &template)?;
        let destination = value::path(template.destination_path.as_deref()).ok_or_else(|| {
            self.wrong(format!("{key}.destination-path"), "expected the path of the file to make")
        })?;
        let (key, details) = (format!("{key}.config"), template.config);
        let every = self.every(&format!("{key}.polling-interval"), details.polling_interval.as_deref())?;
        let access = self.access(
            &key,
            details.permission.as_deref(),
            details.owner.as_deref(),
            details.group.as_deref(),
        )?;
        let hook = value::hook(details.execute.unwrap_or_default())
            .map_err(|(name, why)| self.wrong(format!("{key}.execute.{name}"), why))?;
        Ok(Template { source, destination, access, every, hook })
    }

    /// The official agent takes the first of these that is given.
    fn source(&self, key: &str, template: &raw::Template) -> Result<TemplateSource, ConfigError> {
        if let Some(path) = value::path(template.source_path.as_deref()) {
            return Ok(TemplateSource::File(path));
        }
        if let Some(encoded) = value::given(template.base64_template_content.as_deref()) {
            let key = || format!("{key}.base64-template-content");
            let bytes =
                STANDARD.decode(encoded).map_err(|_| self.wrong(key(), "expected a template in base64"))?;
            let text =
                String::from_utf8(bytes).map_err(|_| self.wrong(key(), "the template is no UTF-8 text"))?;
            return Ok(TemplateSource::Text(text));
        }
        match &template.template_content {
            Some(text) if !text.is_empty() => Ok(TemplateSource::Text(text.clone())),
            _ => Err(self.wrong(
                key,
                "no template; expected `source-path`, `base64-template-content` or `template-content`",
            )),
        }
    }

    fn every(&self, key: &str, text: Option<&str>) -> Result<Duration, ConfigError> {
        let every = self.duration(key, text)?.unwrap_or(POLLING);
        if every < SHORTEST {
            return Err(self.wrong(key, "expected at least 1s"));
        }
        Ok(every)
    }

    fn exec(&mut self, exec: raw::Exec) -> Result<Exec, ConfigError> {
        let command =
            exec.command.map(value::command).transpose().map_err(|why| self.wrong("exec.command", why))?;
        let command = command
            .flatten()
            .ok_or_else(|| self.wrong("exec.command", "expected a program and its arguments"))?;
        let on_change = match value::given(exec.on_change.as_deref()) {
            None | Some("restart") => OnChange::Restart,
            Some("none") => OnChange::Nothing,
            Some("signal") => {
                let name = value::given(exec.signal.as_deref()).unwrap_or("SIGHUP");
                let number = crate::process::signal_number(name).ok_or_else(|| {
                    self.wrong("exec.signal", format!("`{name}` is no signal; expected one such as SIGHUP"))
                })?;
                OnChange::Signal(number)
            }
            Some(_) => return Err(self.wrong("exec.on-change", "expected `restart`, `signal` or `none`")),
        };
        let environment = exec.environment.map(|folder| self.environment(folder)).transpose()?;
        if environment.is_some() && on_change != OnChange::Restart {
            return Err(self.wrong(
                "exec.on-change",
                "a program's environment changes only when it starts; expected `restart`",
            ));
        }
        Ok(Exec {
            command,
            environment,
            token_variable: value::given(exec.token_variable.as_deref()).map(str::to_owned),
            on_change,
            grace: self.duration("exec.grace", exec.grace.as_deref())?.unwrap_or(GRACE),
        })
    }

    fn environment(&self, folder: raw::Environment) -> Result<Environment, ConfigError> {
        let project =
            value::given(folder.project_id.as_deref()).and_then(|id| id.parse().ok()).ok_or_else(|| {
                self.wrong("exec.environment.project-id", "expected the id of a project, a UUID")
            })?;
        let environment = value::given(folder.env.as_deref()).unwrap_or("dev").to_owned();
        let path = value::given(folder.path.as_deref()).unwrap_or("/").to_owned();
        let every = self.every("exec.environment.polling-interval", folder.polling_interval.as_deref())?;
        Ok(Environment { project, environment, path, every })
    }

    fn health(&self, health: Option<raw::Health>) -> Result<Option<std::net::SocketAddr>, ConfigError> {
        let Some(health) = health else { return Ok(None) };
        let listen = value::given(health.listen.as_deref())
            .ok_or_else(|| self.wrong("health.listen", "expected an address such as 127.0.0.1:9100"))?;
        value::address(listen).map(Some).map_err(|why| self.wrong("health.listen", why))
    }

    fn proxy(&mut self, key: &str, proxy: raw::Proxy) -> Result<String, ConfigError> {
        value::given(proxy.listen.as_deref()).map(str::to_owned).ok_or_else(|| {
            self.wrong(
                format!("{key}.listen"),
                "expected an address such as 127.0.0.1:8081, or unix:/run/agent.sock",
            )
        })
    }

    /// Two that write one file would replace each other's content for ever.
    fn refuse_doubles(&self, config: &Config) -> Result<(), ConfigError> {
        let sinks = config.sinks.iter().enumerate().map(|(at, sink)| (format!("sinks.{at}"), &sink.path));
        let templates = config.templates.iter().enumerate();
        let templates = templates.map(|(at, template)| (format!("templates.{at}"), &template.destination));
        let mut seen: Vec<&Path> = Vec::new();
        for (key, path) in sinks.chain(templates) {
            if seen.contains(&path.as_path()) {
                return Err(self.wrong(key, format!("{} is written by another one too", path.display())));
            }
            seen.push(path);
        }
        Ok(())
    }
}

/// Paths of ignored keys, without the marks of optional values.
pub(crate) fn dotted(path: &str) -> String {
    path.split('.').filter(|part| *part != "?").collect::<Vec<_>>().join(".")
}

/// The words of a parser, less what it quotes from the file.
pub(crate) fn without_values(message: &str) -> String {
    let parts = message.split('"').step_by(2);
    parts.collect::<Vec<_>>().join("…")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICIAL: &str = r#"
infisical:
  address: "https://app.infisical.com"
  exit-after-auth: false
  revoke-credentials-on-shutdown: true
  retry-strategy:
    max-retries: 3
    base-delay: 500ms
    max-delay: 10s
auth:
  type: "universal-auth"
  config:
    client-id: "./client-id"
    client-secret: "./client-secret"
    remove_client_secret_on_read: false
cache:
  persistent:
    type: kubernetes
    service-account-token-path: /var/run/token
    path: /cache
sinks:
  - type: "file"
    config:
      path: "access-token"
      permission: "0640"
templates:
  - source-path: my-dot-ev-secret-template
    destination-path: .env
    config:
      polling-interval: 60s
      execute:
        command: ./reload-app.sh
        timeout: 30
  - base64-template-content: aGk=
    destination-path: b
  - template-content: |
      hi
    destination-path: c
    config:
      permission: 0600
"#;

    #[test]
    fn the_official_file_is_read() {
        let (config, remarks) = parse(OFFICIAL).unwrap();
        assert_eq!(config.address.as_deref(), Some("https://app.infisical.com"));
        assert!(config.revoke_on_shutdown && !config.exit_after_auth);
        assert_eq!((config.pace.first.as_secs(), config.pace.cap.as_secs()), (1, 10));
        assert_eq!((config.sinks[0].access.mode, config.sinks[0].format), (0o640, Format::Token));
        let [first, second, third] = &config.templates[..] else { panic!() };
        assert_eq!((first.every.as_secs(), second.every.as_secs()), (60, 300));
        let hook = first.hook.as_ref().unwrap();
        assert_eq!((hook.command.arguments[1].as_str(), hook.timeout.as_secs()), ("./reload-app.sh", 30));
        assert_eq!(second.source, TemplateSource::Text("hi".to_owned()));
        assert_eq!(third.source, TemplateSource::Text("hi\n".to_owned()));
        assert_eq!((third.access.mode, second.access.mode), (0o600, 0o600));
        let remarks: Vec<_> = remarks.iter().map(|remark| (remark.key.as_str(), remark.line)).collect();
        assert_eq!(remarks, [("cache", Some(16)), ("infisical.retry-strategy.max-retries", Some(7))]);
    }

    fn with(more: &str) -> Result<(Config, Vec<Remark>), ConfigError> {
        parse(&format!("auth:\n  type: universal-auth\n{more}"))
    }

    #[test]
    fn unknown_keys_are_told_with_their_lines() {
        let (_, remarks) =
            with("sinks:\n  - type: file\n    config: { path: x, permision: '0644' }\nextra: 1\n").unwrap();
        let said: Vec<String> = remarks.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].starts_with("line 5: `sinks.0.config.permision`: "), "{said:?}");
        assert!(said[1].starts_with("line 6: `extra`: "), "{said:?}");
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_line() {
        for (more, said) in [
            ("", "nothing to do"),
            ("sinks:\n  - config: {}\n", "line 4: `sinks.0.config.path`"),
            ("sinks:\n  - type: pipe\n", "line 4: `sinks.0.type`"),
            ("sinks:\n  - config: { path: x, permission: rw }\n", "line 4: `sinks.0.config.permission`"),
            ("sinks:\n  - config: { path: x, format: xml }\n", "format`: expected `token`"),
            ("sinks:\n  - config: { path: x }\n  - config: { path: x }\n", "written by another"),
            ("templates:\n  - destination-path: x\n", "no template"),
            ("templates:\n  - template-content: x\n", "destination-path"),
            (
                "templates:\n  - {template-content: x, destination-path: y, config: {polling-interval: 5}}\n",
                "unit",
            ),
            (
                "templates:\n  - {template-content: x, destination-path: y, config: {polling-interval: 10ms}}\n",
                "at least 1s",
            ),
            ("templates:\n  - {base64-template-content: '!', destination-path: y}\n", "in base64"),
            ("exec: { command: [] }\n", "exec.command"),
            ("exec: { command: [x], on-change: signal, signal: SIGNOPE }\n", "no signal"),
            (
                "exec: { command: [x], on-change: none, environment: { project-id: 00000000-0000-0000-0000-000000000000 } }\n",
                "only when it starts",
            ),
            ("exec: { command: [x], environment: { project-id: p } }\n", "a UUID"),
            ("health: {}\nexec: { command: [x] }\n", "health.listen"),
            ("sinks: [\n", "line"),
        ] {
            let error = with(more).unwrap_err().to_string();
            assert!(error.contains(said), "{more}: {error}");
        }
        let error = parse("sinks: [{config: {path: x}}]\n").unwrap_err();
        assert!(error.what.contains("universal-auth"), "{error}");
    }

    #[test]
    fn errors_do_not_quote_the_file() {
        for text in [
            "auth: canary-7\n",
            "infisical: { exit-after-auth: canary-7 }\n",
            "sinks: canary-7\n",
            "canary-7",
        ] {
            let error = format!("{:?}", parse(text).unwrap_err());
            assert!(!error.contains("canary-7"), "{error}");
        }
    }
}
