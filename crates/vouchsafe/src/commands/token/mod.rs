//! `vouchsafe token`: looking into access tokens, renewing and revoking them.

mod inspect;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;
use vouchsafe_api::auth_methods::HeldToken;
use vouchsafe_client::Client;
use vouchsafe_domain::time::Clock as _;
use vouchsafe_server::SystemClock;

use super::login::logout;
use super::relative;
use crate::failure::Outcome;
use crate::printer::Printer;
use crate::sessions::{self, Place, Session};
use crate::settings::FileSettings;
use crate::settings::api::{AddressArgs, OutputArgs, nobody, token};

/// What to do about an access token.
#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Show what an access token says of itself. Nobody is asked, and its signature is not checked
    #[command(after_help = "Examples:\n  \
        vouchsafe token inspect\n  \
        vouchsafe token inspect \"$VOUCHSAFE_TOKEN\" --output json")]
    Inspect(TokenArgs),
    /// Renew an access token: print one with the same rights that is valid for longer
    ///
    /// A stored login is renewed where it lies, and nothing is printed to stdout.
    #[command(after_help = "Examples:\n  \
        export VOUCHSAFE_TOKEN=$(vouchsafe token renew \"$VOUCHSAFE_TOKEN\")\n  \
        vouchsafe token renew")]
    Renew(TokenArgs),
    /// Revoke an access token and all its renewals
    ///
    /// A stored login is also forgotten, as by `vouchsafe logout`.
    #[command(after_help = "Examples:\n  \
        vouchsafe token revoke \"$VOUCHSAFE_TOKEN\"\n  \
        vouchsafe token revoke")]
    Revoke(TokenArgs),
}

/// Flags of the commands about an access token.
#[derive(Args)]
pub(crate) struct TokenArgs {
    /// The access token; `INFISICAL_TOKEN` is read as well [default: the stored login]
    #[arg(env = "VOUCHSAFE_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,
    #[command(flatten)]
    address: AddressArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Which token is meant.
enum Meant {
    Given(HeldToken),
    Stored(Place, Box<Session>),
}

fn meant(given: Option<String>, client: &Client) -> Outcome<Meant> {
    if let Some(given) = token(given) {
        return Ok(Meant::Given(HeldToken { access_token: given.trim().to_owned() }));
    }
    let place = Place::of_this_process()?;
    let session = place.read()?.of(client.address()).cloned().ok_or_else(|| nobody(client))?;
    Ok(Meant::Stored(place, Box::new(session)))
}

/// Looks into a token, renews or revokes it.
pub(super) async fn run(command: TokenCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        TokenCommand::Inspect(args) => inspect(args, file, printer),
        TokenCommand::Renew(args) => {
            let client = args.address.client(file)?;
            match meant(args.token, &client)? {
                Meant::Given(held) => renew(&client, &held, args.output, printer).await,
                Meant::Stored(place, _) => renew_stored(&client, &place, args.output, printer).await,
            }
        }
        TokenCommand::Revoke(args) => {
            let client = args.address.client(file)?;
            match meant(args.token, &client)? {
                Meant::Given(held) => revoke(&client, &held, args.output, printer).await,
                Meant::Stored(place, session) => {
                    let ended = logout::end(&place, &session).await?;
                    ended.context("the login is forgotten here, but not ended on the server")?;
                    printer.note(format!("revoked; {} is logged out at {}", session.name, session.address));
                    Ok(())
                }
            }
        }
    }
}

fn inspect(args: TokenArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let token = match token(args.token) {
        Some(given) => given,
        None => match meant(None, &args.address.client(file)?)? {
            Meant::Given(held) => held.access_token,
            Meant::Stored(_, session) => session.token.into_text(),
        },
    };
    inspect::show(&token, SystemClock.now(), args.output, printer)
}

async fn revoke(client: &Client, held: &HeldToken, output: OutputArgs, printer: &Printer) -> Outcome {
    let reply = client.revoke(held).await?;
    printer.show(output.format(), &reply, || {
        printer.note("revoked");
        Ok(())
    })
}

async fn renew(client: &Client, held: &HeldToken, output: OutputArgs, printer: &Printer) -> Outcome {
    let reply = client.renew(held).await?;
    printer.show(output.format(), &reply, || {
        printer.data(&reply.access_token)?;
        printer.note(format!("renewed; valid for {}", super::duration(reply.expires_in)));
        Ok(())
    })
}

async fn renew_stored(client: &Client, place: &Place, output: OutputArgs, printer: &Printer) -> Outcome {
    let now = SystemClock.now();
    let session = sessions::renewed(place, client, now).await?;
    let end = session.expires_at();
    let told = json!({ "name": session.name, "address": session.address, "expiresAt": end });
    printer.show(output.format(), &told, || {
        let end = end.map(|at| format!("; it expires {}", relative(at, now))).unwrap_or_default();
        printer.note(format!("the login of {} at {} is renewed{end}", session.name, session.address));
        Ok(())
    })
}
