//! `vouchsafe login status`.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use clap::Args;
use serde::Serialize;
use vouchsafe_client::{Client, Error};
use vouchsafe_domain::time::{Clock as _, Timestamp};
use vouchsafe_server::SystemClock;

use crate::commands::relative;
use crate::failure::{Failure, NOT_LOGGED_IN, Outcome};
use crate::printer::Printer;
use crate::sessions::{self, Kind, Place, Session};
use crate::settings::FileSettings;
use crate::settings::api::{AddressArgs, OutputArgs, client_of, nobody, token};
use crate::table;

/// Examples of the command.
pub(super) const EXAMPLES: &str = "Examples:\n  \
    vouchsafe login status\n  \
    vouchsafe login status --api-url https://vouchsafe.example.com --output json\n  \
    vouchsafe login status > /dev/null || vouchsafe login";

/// Flags of `vouchsafe login status`.
#[derive(Args)]
pub(crate) struct StatusArgs {
    /// Show this access token rather than stored logins; `INFISICAL_TOKEN` is read as well
    #[arg(long, env = "VOUCHSAFE_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,
    #[command(flatten)]
    address: AddressArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// A login, and what its server says of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    address: String,
    /// Whether commands use it when nothing else is said.
    used: bool,
    kind: Option<Kind>,
    name: String,
    organization: Option<String>,
    expires_at: Option<Timestamp>,
    /// Whether the server accepts it; nothing if it cannot be asked.
    accepted: Option<bool>,
    /// Why it is not accepted, or cannot be asked.
    why: Option<String>,
    #[serde(skip)]
    code: u8,
}

/// Shows who is logged in.
pub(super) async fn run(args: StatusArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let now = SystemClock.now();
    let named = args.address.named(file)?;
    let client = args.address.client(file)?;
    let rows = if let Some(token) = token(args.token) {
        vec![given(&client, &token, now).await]
    } else {
        of_all(&client, named.is_some(), now).await?
    };
    printer.show(args.output.format(), &rows, || shown(&rows, now, printer))?;
    match rows.iter().find(|row| row.used) {
        None => Err(nobody(&client)),
        Some(Row { accepted: Some(true), .. }) => Ok(()),
        Some(row) => {
            let (name, address) = (&row.name, &row.address);
            let why = row.why.as_deref().unwrap_or_default();
            Err(Failure::message(format!("{address} does not accept {name}: {why}")).code(row.code))
        }
    }
}

/// The stored logins, or only the one of the server that was named.
async fn of_all(client: &Client, only_this: bool, now: Timestamp) -> Outcome<Vec<Row>> {
    let place = Place::of_this_process()?;
    let mut rows = Vec::new();
    for session in place.read()?.all() {
        let used = session.address == client.address();
        if used || !only_this {
            rows.push(stored(&place, session.clone(), used, now).await?);
        }
    }
    Ok(rows)
}

/// A token that was given.
async fn given(client: &Client, token: &str, now: Timestamp) -> Row {
    let session = Session::of_token(client.address(), token, now);
    let asked = ask(client, &session).await;
    Row::new(session, true, asked)
}

/// A stored login, as commands would use it.
async fn stored(place: &Place, session: Session, used: bool, now: Timestamp) -> Outcome<Row> {
    let client = client_of(&session.address)?;
    match sessions::current(place, &client, now).await {
        Ok(current) => {
            let session = current.unwrap_or(session);
            let asked = ask(&client, &session).await;
            Ok(Row::new(session, used, asked))
        }
        Err(failure) => Ok(Row::new(session, used, Err(failure))),
    }
}

async fn ask(client: &Client, session: &Session) -> Outcome {
    let client = client.clone().with_token(session.token.reveal())?;
    match session.kind {
        Kind::Person => client.check_sign_in().await.map(|_| ())?,
        Kind::Identity => client.identity_details().await.map(|_| ())?,
    }
    Ok(())
}

impl Row {
    fn new(session: Session, used: bool, asked: Outcome) -> Self {
        let refusal = asked.as_ref().err();
        let refused = refusal.is_some_and(|failure| {
            failure.code == NOT_LOGGED_IN
                || failure
                    .error
                    .chain()
                    .any(|cause| cause.downcast_ref::<Error>().is_some_and(|error| error.refusal().is_some()))
        });
        let accepted = match refusal {
            None => Some(true),
            Some(_) => refused.then_some(false),
        };
        Self {
            used,
            kind: Some(session.kind),
            expires_at: session.expires_at(),
            accepted,
            why: refusal.map(|failure| format!("{:#}", failure.error)),
            code: refusal.map_or(0, |failure| failure.code),
            address: session.address,
            name: session.name,
            organization: session.organization,
        }
    }
}

fn shown(rows: &[Row], now: Timestamp, printer: &Printer) -> Outcome {
    if rows.is_empty() {
        return Ok(());
    }
    let cells: Vec<[String; 5]> = rows
        .iter()
        .map(|row| {
            let server = match (row.accepted, &row.why) {
                (Some(true), _) => "accepted".to_owned(),
                (Some(false), Some(why)) => format!("refused: {why}"),
                (_, why) => format!("not known: {}", why.as_deref().unwrap_or_default()),
            };
            let expires = row.expires_at.map_or_else(|| "does not say".to_owned(), |at| relative(at, now));
            [
                row.address.clone(),
                row.name.clone(),
                row.organization.clone().unwrap_or_default(),
                expires,
                server,
            ]
        })
        .collect();
    table::print(printer, ["SERVER", "WHO", "ORGANIZATION", "EXPIRES", "STATE"], &cells)
}
