//! Files from secrets: Go's `text/template` with the official agent's functions.
//!
//! Rendering asks nobody. A function that needs an answer which is not there ends the pass, and the caller learns what
//! is missing; it fetches that and renders again. So what a template asks for may depend on what it was answered.

mod blocks;
mod functions;
mod lines;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use gotmpl::{MissingKey, TemplateError, Value};
use vouchsafe_api::secrets::{Secret, SecretList};
use vouchsafe_domain::id::ProjectId;

/// Longest template, in bytes.
const LARGEST: usize = 1024 * 1024;
/// Longest text that a template may make, in bytes.
const LARGEST_TEXT: usize = 8 * 1024 * 1024;
/// Most rounds of all `range` of a pass.
const MOST_ROUNDS: u64 = 1_000_000;
/// Functions that make dictionaries in which a key may be missing.
const MAKE_DICTIONARIES: [&str; 3] = ["dict", "fromJson", "split"];

/// Something that a template wants to know.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Request {
    /// The id of the project with this slug.
    Project { slug: String },
    /// The secrets of a folder, with what it imports.
    List { project: ProjectId, environment: String, path: String, recursive: bool, expand: bool },
    /// One secret.
    Secret { project: ProjectId, environment: String, path: String, name: String },
}

/// What the server says to a [`Request`].
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Project(ProjectId),
    List(SecretList),
    Secret(Box<Secret>),
}

/// What is known, as templates see it.
#[derive(Clone, Default)]
pub(crate) struct Known(BTreeMap<Request, Seen>);

#[derive(Clone)]
enum Seen {
    Project(ProjectId),
    Value(Value),
}

impl Known {
    /// From now on this is the answer.
    pub(crate) fn learn(&mut self, request: Request, answer: &Answer) {
        let seen = match answer {
            Answer::Project(id) => Seen::Project(*id),
            Answer::List(list) => Seen::Value(values::list(list)),
            Answer::Secret(secret) => Seen::Value(values::secret(secret)),
        };
        self.0.insert(request, seen);
    }

    /// Forgets what none of these asks for.
    pub(crate) fn keep(&mut self, used: &BTreeSet<Request>) {
        self.0.retain(|request, _| used.contains(request));
    }
}

/// What a pass came to.
pub(crate) enum Pass {
    /// The whole text, and everything that it depends on.
    Done { text: String, used: BTreeSet<Request> },
    /// An answer is missing.
    Missing(Request),
}

/// A template that makes sense.
pub(crate) struct Template {
    parsed: gotmpl::Template,
    /// What `.` is at the beginning.
    dot: Value,
    pass: Arc<Mutex<Asking>>,
}

/// What one pass asks for.
#[derive(Default)]
struct Asking {
    known: Known,
    used: BTreeSet<Request>,
    missing: Option<Request>,
    /// Where it is, in lines from 1; 0 before the first one.
    line: i64,
}

/// A text that does not grow for ever.
#[derive(Default)]
struct Bounded {
    text: String,
    is_full: bool,
}

impl std::fmt::Write for Bounded {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        if self.text.len() + part.len() > LARGEST_TEXT {
            self.is_full = true;
            return Err(std::fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}

impl Template {
    /// Reads a template. An error says where it makes no sense; it quotes the template, which holds no secrets.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, String> {
        if text.len() > LARGEST {
            return Err("the template is larger than 1 MiB".to_owned());
        }
        let pass = Arc::new(Mutex::new(Asking::default()));
        let template = gotmpl::Template::new(name).max_range_iters(MOST_ROUNDS).funcs(functions::all(&pass));
        // A secret is a struct for Go, and a field that it does not have is an error; a key of a dictionary may be missing.
        let is_strict = !MAKE_DICTIONARIES.iter().any(|function| text.contains(function));
        let template = if is_strict { template.missing_key(MissingKey::Error) } else { template };
        let template = template.parse(text).map_err(|error| error.to_string())?;
        blocks::check(text).map_err(|(line, what)| format!("template: {name}:{line}: {what}"))?;
        Ok(Self { parsed: lines::marked(template), dot: Value::Nil, pass })
    }

    /// The same with these secrets as its `.`.
    pub(crate) fn about<'a>(self, secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self { dot: Value::List(secrets.into_iter().map(values::secret).collect()), ..self }
    }

    /// One pass over the template with what is known. What fails is said with its line and without values.
    pub(crate) fn render(&self, known: &mut Known) -> Result<Pass, String> {
        let asking = Asking { known: std::mem::take(known), ..Asking::default() };
        *self.lock() = asking;
        let mut text = Bounded::default();
        let rendered = lines::execute(&self.parsed, &mut text, &self.dot);
        let asked = std::mem::take(&mut *self.lock());
        *known = asked.known;
        match (asked.missing, rendered) {
            (Some(request), _) => Ok(Pass::Missing(request)),
            (None, _) if text.is_full => Err("the rendered text is larger than 8 MiB".to_owned()),
            (None, Ok(())) => Ok(Pass::Done { text: text.text, used: asked.used }),
            (None, Err(error)) => Err(format!(
                "template: {}:{}: {}",
                self.parsed.name(),
                asked.line,
                match error {
                    // What a panic says may be about a value.
                    TemplateError::FuncPanic { name, .. } => format!("{name}: cannot work on this"),
                    error => {
                        let said = crate::config::without_values(&error.to_string());
                        known.0.values().fold(values::left_out(&self.dot, said), |said, seen| match seen {
                            Seen::Project(_) => said,
                            Seen::Value(value) => values::left_out(value, said),
                        })
                    }
                }
            )),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Asking> {
        self.pass.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PROJECT: &str = "0190a3a5-0000-7000-8000-000000000001";

    fn secret(name: &str, value: &str) -> Secret {
        serde_json::from_value(json!({
            "id": PROJECT, "_id": PROJECT, "workspace": PROJECT, "environment": "dev", "version": 1, "type": "shared",
            "secretKey": name, "secretValue": value, "secretValueHidden": false, "secretComment": "why", "secretPath": "/",
            "secretMetadata": [], "tags": [], "isRotatedSecret": false,
            "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z",
        }))
        .unwrap()
    }

    /// Renders, answering whatever is asked for.
    fn rendered(text: &str, own: &[(&str, &str)], imported: &[(&str, &str)]) -> Result<String, String> {
        let (template, mut known) = (Template::parse("t", text)?, Known::default());
        for _ in 0..10 {
            match template.render(&mut known)? {
                Pass::Done { text, .. } => return Ok(text),
                Pass::Missing(request) => {
                    let secrets = |pairs: &[(&str, &str)]| -> Vec<Secret> {
                        pairs.iter().map(|(name, value)| secret(name, value)).collect()
                    };
                    let answer = match &request {
                        Request::Project { .. } => Answer::Project(PROJECT.parse().unwrap()),
                        Request::Secret { name, .. } => {
                            let found =
                                own.iter().find(|(own, _)| own == name).map_or("single", |(_, value)| value);
                            Answer::Secret(Box::new(secret(name, found)))
                        }
                        Request::List { .. } => Answer::List(SecretList {
                            secrets: secrets(own),
                            imports: vec![vouchsafe_api::secrets::ImportedSecrets {
                                secret_path: "/".to_owned(),
                                environment: "dev".to_owned(),
                                environment_info: None,
                                folder_id: PROJECT.parse().unwrap(),
                                secrets: secrets(imported),
                            }],
                        }),
                    };
                    known.learn(request, &answer);
                }
            }
        }
        Err("never done".to_owned())
    }

    #[test]
    fn the_official_functions_list_and_read_secrets() {
        let list = format!(
            r#"{{{{- with listSecrets "{PROJECT}" "dev" "/" `{{"recursive": false, "expandSecretReferences": true}}` }}}}
{{{{- range . }}}}
{{{{ .Key }}}}={{{{ .Value }}}}
{{{{- end }}}}
{{{{- end }}}}"#
        );
        let text = rendered(&list, &[("A", "1"), ("B", "2")], &[("B", "old"), ("C", "3")]).unwrap();
        assert_eq!(text, "\nA=1\nB=2\nC=3");
        let by_slug = r#"{{range listSecretsByProjectSlug "p" "dev" "/"}}{{.Key}};{{end}}"#;
        assert_eq!(rendered(by_slug, &[("A", "1")], &[]).unwrap(), "A;");
        let one = format!(
            r#"{{{{ with getSecretByName "{PROJECT}" "dev" "/" "X" }}}}{{{{ .Value }}}} {{{{ .Comment }}}}{{{{ end }}}}"#
        );
        assert_eq!(rendered(&one, &[], &[]).unwrap(), "single why");
        assert_eq!(rendered("{{minus 3 1}} {{add 3 1}}", &[], &[]).unwrap(), "2 4");
    }

    #[test]
    fn templates_that_make_no_sense_are_refused_when_read() {
        for text in ["{{", "{{range}}"] {
            assert!(Template::parse("t", text).is_err(), "{text}");
        }
        for text in [
            r#"{{listSecrets "p" "dev" "/"}}"#,
            r#"{{listSecrets "dev"}}"#,
            "{{nope}}",
            "{{getSecretByName 1 2 3 4}}",
        ] {
            assert!(rendered(text, &[], &[]).is_err(), "{text}");
        }
    }

    #[test]
    fn errors_say_in_which_line() {
        for (text, line) in [
            ("{{nope}}", "t:1: undefined function"),
            ("a\n{{\"b\"}}\n\n  {{- fail \"no\" }}", "t:4: "),
            ("{{range until 2}}\n{{if eq . 1}}\n{{nope}}{{end}}\n{{end}}", "t:3: "),
            ("{{if false}}\n{{else if index .a 1}}{{end}}", "t:2: "),
            ("{{with 1}}\n\n{{end}}{{template \"x\"}}", "t:3: undefined template"),
            ("{{define \"x\"}}\n{{nope}}{{end}}\n\n{{template \"x\"}}", "t:2: "),
            ("{{block \"x\" 1}}\n{{range .}}{{break}}{{else}}\n{{nope}}{{end}}\n{{nope}}{{end}}", "t:4: "),
            ("{{\n", "t:"),
        ] {
            let why = rendered(text, &[], &[]).unwrap_err();
            assert!(why.contains(&format!("template: {line}")), "{text}: {why}");
        }
        assert_eq!(rendered("\n ", &[], &[]).unwrap(), "\n ");
    }

    #[test]
    fn a_template_may_be_about_secrets() {
        let template = Template::parse("t", "{{range .}}{{.Key}}={{.Value}};{{end}}{{len $}}").unwrap();
        let secrets = [secret("A", "1"), secret("B", "2")];
        match template.about(&secrets).render(&mut Known::default()).unwrap() {
            Pass::Done { text, .. } => assert_eq!(text, "A=1;B=2;2"),
            Pass::Missing(request) => panic!("{request:?}"),
        }
    }

    #[test]
    fn what_fails_does_not_quote_values() {
        let text =
            format!(r#"{{{{range listSecrets "{PROJECT}" "dev" "/"}}}}{{{{index .Value "x"}}}}{{{{end}}}}"#);
        let why = rendered(&text, &[("A", "canary-7")], &[]).unwrap_err();
        assert!(!why.contains("canary-7"), "{why}");
        // Not even if the template wants to.
        let text = format!(
            r#"{{{{range listSecrets "{PROJECT}" "dev" "/"}}}}{{{{fail (printf "%s of %s" .Value .Key)}}}}{{{{end}}}}"#
        );
        let why = rendered(&text, &[("NAME", "canary-7")], &[]).unwrap_err();
        assert!(!why.contains("canary-7") && why.contains("… of NAME"), "{why}");
    }

    /// The secrets of the golden cases; `tests/golden/main.go` has the same.
    const GOLDEN: [(&str, &str); 5] = [
        ("A", "1"),
        ("DB_URL", "postgres://u:p@h/db?x=1&y=2"),
        ("EMPTY", ""),
        ("JSON", r#"{"user":"ann","ports":[1,2]}"#),
        ("TEXT", "two\nlines \"quoted\""),
    ];

    #[test]
    fn templates_come_out_as_from_go() {
        let cases: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../tests/golden/cases.json")).unwrap();
        assert!(cases.len() > 100, "{}", cases.len());
        let mut wrong = Vec::new();
        for case in &cases {
            let (text, want) = (case["template"].as_str().unwrap(), case["want"].as_str());
            let found = rendered(text, &GOLDEN, &[]);
            if found.as_deref().ok() != want {
                wrong.push(format!("{text}\n  Go:   {want:?}\n  here: {found:?}"));
            }
        }
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    }

    #[test]
    fn what_a_template_makes_is_bounded() {
        for text in [
            r#"{{range until 9000}}{{repeat 1000 "x"}}{{end}}"#,
            r#"{{repeat 9000000 "x"}}"#,
            "{{until 1000000000}}",
            "{{range 1000000000}}{{end}}",
            r#"{{define "a"}}{{template "a"}}{{end}}{{template "a"}}"#,
            r#"{{indent 1000000000 "x"}}"#,
        ] {
            assert!(rendered(text, &[], &[]).is_err(), "{text}");
        }
        assert!(Template::parse("t", &"x".repeat(LARGEST + 1)).is_err());
    }

    #[test]
    fn there_are_no_dynamic_secrets_and_no_environment() {
        let why = rendered(r#"{{dynamicSecret "p" "dev" "/" "x"}}"#, &[], &[]).unwrap_err();
        assert!(why.contains("no dynamic secrets"), "{why}");
        assert!(rendered(r#"{{env "HOME"}}"#, &[], &[]).is_err());
    }
}
