//! Logging in as a person: e-mail address and password, then the organization to act in.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use std::ffi::OsString;

use anyhow::Context;
use clap::Args;
use serde_json::json;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::organizations::Organization;
use vouchsafe_api::sign_in::{SelectOrganization, SignIn};
use vouchsafe_client::Client;
use vouchsafe_domain::id::OrgId;
use vouchsafe_domain::time::Clock as _;
use vouchsafe_server::SystemClock;

use super::{Show, browser, warn_of_tokens};
use crate::failure::{Failure, NOT_LOGGED_IN, Outcome};
use crate::printer::Printer;
use crate::prompt;
use crate::sessions::{Kind, Place, Session};
use crate::settings::api::{AddressArgs, client_of, default_address};
use crate::settings::{FileSettings, Name, password, text, variable};

/// How often a person may try.
const TRIES: usize = 5;

/// Flags about a person.
#[derive(Args)]
pub(super) struct PersonArgs {
    /// E-mail address of the person; `INFISICAL_EMAIL` is read as well
    #[arg(long, env = "VOUCHSAFE_EMAIL", hide_env_values = true, value_name = "EMAIL")]
    email: Option<String>,
    /// Password of the person; other users of this machine can see flags, so rather use the variable
    /// (`INFISICAL_PASSWORD` is read as well), the file, or the question on the terminal
    #[arg(long, env = "VOUCHSAFE_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    password: Option<String>,
    /// File that holds the password; `-` for stdin
    #[arg(long, env = "VOUCHSAFE_PASSWORD_FILE", hide_env_values = true, value_name = "FILE")]
    password_file: Option<OsString>,
    /// Organization to act in, if the person is in several; `INFISICAL_ORGANIZATION_ID` is read as well
    #[arg(long, env = "VOUCHSAFE_ORGANIZATION_ID", hide_env_values = true, value_name = "ID")]
    organization_id: Option<String>,
    /// Log in on a page of the server in a browser, rather than with a password here
    #[arg(long)]
    browser: bool,
    /// Ask on the terminal, which is what happens anyway
    #[arg(long, short, hide = true)]
    interactive: bool,
}

impl PersonArgs {
    /// Whether something says that a person logs in.
    pub(super) fn is_given(&self) -> bool {
        self.interactive
            || self.browser
            || text(self.email.clone(), None).or_else(|| variable(&["INFISICAL_EMAIL"])).is_some()
    }
}

/// Logs a person in, and stores that.
pub(super) async fn run(
    args: PersonArgs,
    address: AddressArgs,
    show: Show,
    file: &FileSettings,
    printer: &Printer,
) -> Outcome {
    let client = client_of(&server(&address, file, printer)?)?;
    let place = Place::of_this_process()?;
    // Before anybody types a password: what cannot be read cannot be written either.
    let known = place.read()?.of(client.address()).map(|session| session.name.clone());
    if args.browser {
        let session = browser::log_in(client, printer).await?;
        return stored(session, &place, show, printer).await;
    }
    let wanted = organization_id(args.organization_id)?;
    let given = password::given(args.password, &["INFISICAL_PASSWORD"], args.password_file)?;
    let email = text(args.email, None).or_else(|| variable(&["INFISICAL_EMAIL"]));
    let (email, signed_in) = sign_in(&client, email, given, known, printer).await?;
    let client = client.with_token(signed_in.reveal())?;
    let session = act_in(&client, email, wanted, printer).await?;
    stored(session, &place, show, printer).await
}

async fn stored(session: Session, place: &Place, show: Show, printer: &Printer) -> Outcome {
    place.change(|all| all.add(session.clone())).await?;
    shown(&session, place, show, printer)
}

fn server(address: &AddressArgs, file: &FileSettings, printer: &Printer) -> Outcome<String> {
    match address.known(file)? {
        Some(address) => Ok(address),
        None if prompt::is_possible() => {
            prompt::line(printer, "Address of the server", Some(&default_address()))
        }
        None => Ok(default_address()),
    }
}

fn organization_id(given: Option<String>) -> Outcome<Option<OrgId>> {
    let name = Name::new("--organization-id", "VOUCHSAFE_ORGANIZATION_ID");
    let given = text(given, None).or_else(|| variable(&["INFISICAL_ORGANIZATION_ID"]));
    let parse =
        |id: String| id.trim().parse().map_err(|_| name.refuse("expected the id of an organization, a UUID"));
    given.map(parse).transpose()
}

/// Who signed in, and the access token, which has no organization yet. What is not given is asked for, up to five
/// times.
async fn sign_in(
    client: &Client,
    email: Option<String>,
    password: Option<String>,
    mut default: Option<String>,
    printer: &Printer,
) -> Outcome<(String, Concealed)> {
    let can_ask = prompt::is_possible();
    for left in (0..TRIES).rev() {
        let address = match &email {
            Some(email) => email.trim().to_owned(),
            None if can_ask => prompt::line(printer, "E-mail address", default.as_deref())?,
            None => {
                return Err(Name::new("--email", "VOUCHSAFE_EMAIL")
                    .refuse("not given")
                    .hint("on a terminal it is asked for; identities log in with --method"));
            }
        };
        let secret = match &password {
            Some(password) => password.clone(),
            None if can_ask => prompt::password("Password:")?,
            None => {
                return Err(
                    Name::new("--password-file", "VOUCHSAFE_PASSWORD").refuse("no password was given")
                );
            }
        };
        let input = SignIn { email: address.clone(), password: Concealed::new(secret) };
        let refused = match client.sign_in(&input).await {
            Ok((reply, _)) => return Ok((address, reply.access_token)),
            Err(error) => error,
        };
        let is_wrong = refused.refusal().is_some_and(|refusal| matches!(refusal.status, 400 | 401));
        if !is_wrong {
            return Err(refused.into());
        }
        if password.is_some() || left == 0 {
            return Err(Failure::from(refused)
                .hint("are e-mail address and password right?")
                .code(NOT_LOGGED_IN));
        }
        printer.dialogue(format!("{refused}. Tries left: {left}"));
        default = Some(address);
    }
    Err(Failure::message("too many tries").code(NOT_LOGGED_IN))
}

/// Chooses the organization, and makes what is stored.
async fn act_in(
    client: &Client,
    email: String,
    wanted: Option<OrgId>,
    printer: &Printer,
) -> Outcome<Session> {
    let (organization_id, name) = match wanted {
        Some(id) => (id, id.to_string()),
        None => chosen(client, printer).await.map(|chosen| (chosen.id, chosen.name))?,
    };
    let (reply, refresh_token) = client
        .select_organization(&SelectOrganization { organization_id })
        .await
        .context("cannot act in the organization")?;
    if reply.is_mfa_enabled {
        return Err(Failure::message("the server asks for a second factor, which this program cannot give"));
    }
    Ok(Session {
        address: client.address().to_owned(),
        kind: Kind::Person,
        name: email,
        organization: Some(name),
        token: reply.token,
        obtained_at: SystemClock.now(),
        refresh_token,
    })
}

async fn chosen(client: &Client, printer: &Printer) -> Outcome<Organization> {
    let mut all = client.my_organizations().await.context("cannot list your organizations")?;
    let things: Vec<String> = all
        .iter()
        .map(|one| format!("{}  ({}, as {})", one.organization.name, one.organization.id, one.user_role))
        .collect();
    let index = match all.len() {
        0 => {
            return Err(Failure::message("you are in no organization of this server")
                .hint("somebody who administers an organization has to invite you"));
        }
        1 => 0,
        _ if prompt::is_possible() => {
            prompt::choice(printer, "Which organization do you want to act in?", &things)?
        }
        _ => {
            return Err(Name::new("--organization-id", "VOUCHSAFE_ORGANIZATION_ID")
                .refuse(format!("not given, and you are in several: {}", things.join("; "))));
        }
    };
    Ok(all.swap_remove(index).organization)
}

fn shown(session: &Session, place: &Place, show: Show, printer: &Printer) -> Outcome {
    let organization = session.organization.as_deref().unwrap_or_default();
    if let Some(format) = show.output.format() {
        let told = json!({
            "address": session.address,
            "name": session.name,
            "organization": organization,
            "expiresAt": session.expires_at(),
        });
        return printer.structured(format, &told);
    }
    if show.plain {
        return printer.data(session.token.reveal());
    }
    printer.note(format!("{} is logged in at {} and acts in {organization}", session.name, session.address));
    warn_of_tokens(printer);
    printer.note(format!("stored in {}; `vouchsafe logout` ends it", place.path().display()));
    Ok(())
}
