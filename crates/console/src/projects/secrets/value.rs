//! The value of a secret: shown when asked for, and changed.

use askama::Template;
use axum::extract::Query;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::secrets::{Secret, UpdateSecret};
use vouchsafe_domain::reference::{Piece, Target, parse};
use vouchsafe_policy::project;

use super::edit::{send, update_of};
use super::reading::{self, Wanted};
use super::spot::{Asked, Parts, Spot};
use crate::api::Refused;
use crate::errors::Shown;
use crate::form::Form;
use crate::page::{self, Chrome};
use crate::projects::place::{self, Crumb};
use crate::visit::{Posted, Visit};

/// References that are listed.
const REFERENCES: usize = 50;

#[derive(Template)]
#[template(path = "projects/secrets/value.html")]
struct Page {
    chrome: Chrome,
    spot: Spot,
    secret: Secret,
    /// The number of the version, if another than the newest was asked for.
    version: Option<i64>,
    crumbs: Vec<Crumb>,
    references: Vec<Crumb>,
    /// The value with its references replaced, or why that cannot be shown.
    expanded: Option<Result<Concealed, String>>,
    may_edit: bool,
}

impl Page {
    fn url(&self, part: &str) -> String {
        self.spot.secret_url(part, &self.secret.secret_key)
    }

    /// Where the shown version is made the newest, if it is an earlier one.
    fn restore(&self) -> Option<String> {
        let version = self.version.filter(|version| *version == self.secret.version)?;
        Some(self.spot.version_url("restore", &self.secret.secret_key, version))
    }

    /// What cannot be seen of the value: how long it is, and how it ends.
    fn facts(&self) -> String {
        facts(self.secret.secret_value.reveal())
    }
}

fn facts(value: &str) -> String {
    let (characters, lines) = (value.chars().count(), value.lines().count());
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let end = if value.ends_with('\n') { ", ends with a line break" } else { "" };
    let crlf = if value.contains("\r\n") { ", lines end with CR LF" } else { "" };
    format!("{characters} character{}, {lines} line{}{end}{crlf}", plural(characters), plural(lines))
}

pub(super) async fn show(visit: Visit, parts: Parts, Query(asked): Query<Asked>) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let wanted = Wanted { version: asked.version, value: true, expanded: false };
    let secret = reading::secret(&visit, &spot, &asked.name, wanted).await?;
    let references = references(&spot, secret.secret_value.reveal());
    let expanded = if references.is_empty() || asked.version.is_some() {
        None
    } else {
        let wanted = Wanted { expanded: true, ..wanted };
        Some(match reading::secret(&visit, &spot, &asked.name, wanted).await {
            Ok(secret) => Ok(secret.secret_value),
            Err(refused) => Err(refused.message),
        })
    };
    Ok(visit.show(&Page {
        chrome: spot.chrome(&visit, &format!("Value of {}", secret.secret_key)),
        crumbs: spot.crumbs(),
        references,
        expanded,
        version: asked.version,
        may_edit: spot.may_on(project::SECRET_EDIT, &secret.secret_key, &reading::tags(&secret)),
        secret,
        spot,
    }))
}

/// The pages of the secrets that a value refers to, each once.
fn references(spot: &Spot, value: &str) -> Vec<Crumb> {
    let mut found: Vec<Crumb> = Vec::new();
    for piece in parse(value) {
        let Piece::Reference { raw, target } = piece else { continue };
        let (environment, path, key) = match target {
            Target::Local { key } => (spot.slug().to_owned(), spot.path.clone(), key),
            Target::Absolute { environment, path, key } => (environment, path, key),
        };
        if found.len() < REFERENCES && found.iter().all(|one| one.name != raw) {
            let url = place::inside(&spot.frame, &environment, &["secret"], &path, &[("name", &key)]);
            let is_last = !spot.frame.has_environment(&environment);
            found.push(Crumb { name: raw.to_owned(), url, is_last });
        }
    }
    found
}

#[derive(Template)]
#[template(path = "projects/secrets/change.html")]
struct Change {
    chrome: Chrome,
    spot: Spot,
    name: String,
    form: Form,
    /// Whether the value so far is in the form.
    is_filled: bool,
    /// Whether the lines of the value so far end with CR and LF, which a form cannot show.
    has_crlf: bool,
}

impl Change {
    fn of(visit: &Visit, spot: Spot, name: &str, value: Option<&str>) -> Self {
        let has_crlf = value.is_some_and(|value| value.contains("\r\n"));
        let form = Form::default()
            .with("secretValue", value.unwrap_or_default())
            .with("lineEnds", if has_crlf { "crlf" } else { "lf" });
        let chrome = spot.chrome(visit, &format!("Change the value of {name}"));
        Self { chrome, spot, name: name.to_owned(), form, is_filled: value.is_some(), has_crlf }
    }
}

/// How lines of a value can end.
const LINE_ENDS: [(&str, &str); 2] = [("crlf", "CR LF (Windows)"), ("lf", "LF (everywhere else)")];

pub(super) async fn ask(visit: Visit, parts: Parts, Query(asked): Query<Asked>) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let secret = reading::secret(&visit, &spot, &asked.name, Wanted::default()).await?;
    let name = secret.secret_key.as_str();
    let may_read = spot.may_on(project::SECRET_READ_VALUE, name, &reading::tags(&secret));
    let value = if may_read {
        let wanted = Wanted { value: true, ..Wanted::default() };
        Some(reading::secret(&visit, &spot, name, wanted).await?.secret_value)
    } else {
        None
    };
    let value = value.as_ref().map(Concealed::reveal);
    Ok(visit.show(&Change::of(&visit, spot, name, value)))
}

pub(super) async fn save(
    parts: Parts,
    Query(asked): Query<Asked>,
    Posted { visit, form }: Posted<Visit>,
) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let value = match form.text("lineEnds") {
        "crlf" => form.text("secretValue").replace('\n', "\r\n"),
        _ => form.text("secretValue").to_owned(),
    };
    let input = UpdateSecret { secret_value: Some(Concealed::new(value)), ..update_of(&spot, &asked.name) };
    match send(&visit, &input).await {
        Ok(_) => {
            let to = spot.secret_url("secret", &asked.name);
            Ok(page::done(&visit.console.app, &to, "The value was changed."))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => Ok(refused_change(&visit, spot, &asked, form, &refused)),
    }
}

fn refused_change(
    visit: &Visit,
    spot: Spot,
    asked: &Asked,
    form: Form,
    refused: &Refused,
) -> axum::response::Response {
    let form = form.without("secretValue").refused(refused);
    let has_crlf = form.is_on("lineEnds");
    let page = Change { form, has_crlf, ..Change::of(visit, spot, &asked.name, None) };
    visit.show_as(refused.status, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_of_a_value_is_said() {
        assert_eq!(facts("é"), "1 character, 1 line");
        assert_eq!(facts("a\nb\n"), "4 characters, 2 lines, ends with a line break");
        assert_eq!(facts("a\r\nb"), "4 characters, 2 lines, lines end with CR LF");
        assert_eq!(facts(""), "0 characters, 0 lines");
    }
}
