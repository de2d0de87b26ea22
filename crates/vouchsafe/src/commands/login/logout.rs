//! `vouchsafe logout`.

use clap::Args;
use vouchsafe_api::auth_methods::HeldToken;
use vouchsafe_client::{Client, Error};

use crate::failure::{Failure, NO_ANSWER, Outcome};
use crate::printer::Printer;
use crate::sessions::{Kind, Place, Session};
use crate::settings::FileSettings;
use crate::settings::api::{AddressArgs, client_of};

/// Examples of the command.
pub(crate) const EXAMPLES: &str = "Examples:\n  \
    vouchsafe logout\n  \
    vouchsafe logout --api-url https://vouchsafe.example.com\n  \
    vouchsafe logout --all";

/// Flags of `vouchsafe logout`.
#[derive(Args)]
pub(crate) struct LogoutArgs {
    /// Log out at all servers, whatever address is given
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    address: AddressArgs,
}

/// Ends stored logins on their servers and forgets them here.
pub(crate) async fn run(args: LogoutArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let place = Place::of_this_process()?;
    let client = if args.all { None } else { Some(args.address.client(file)?) };
    let mut sessions = place.read()?.all().to_vec();
    if let Some(client) = &client {
        sessions.retain(|session| session.address == client.address());
        if sessions.is_empty() {
            printer.note(format!("nobody is logged in at {}", client.address()));
        }
    }
    let mut living = Vec::new();
    for session in sessions {
        if let Err(error) = end(&place, &session).await? {
            printer.warning(format!("{}: {error}", session.address));
            living.push(session.address);
        } else {
            printer.note(format!("{} is logged out at {}", session.name, session.address));
        }
    }
    if living.is_empty() {
        return Ok(());
    }
    let message = format!(
        "forgotten here, but not ended on the server: {}; tokens that were stored are good there until they expire",
        living.join(", ")
    );
    Err(Failure::message(message).code(NO_ANSWER))
}

/// Ends a login on its server, and forgets it whatever comes of that.
pub(crate) async fn end(place: &Place, session: &Session) -> Outcome<Result<(), Error>> {
    let client = client_of(&session.address)?;
    let ended = end_there(client, session).await;
    place.change(|all| all.remove(&session.address)).await?;
    Ok(ended)
}

async fn end_there(client: Client, session: &Session) -> Result<(), Error> {
    let ended = match session.kind {
        Kind::Person => client
            .with_token(session.token.reveal())?
            .sign_out(session.refresh_token.as_ref())
            .await
            .map(|_| ()),
        Kind::Identity => {
            let held = HeldToken { access_token: session.token.reveal().to_owned() };
            client.revoke(&held).await.map(|_| ())
        }
    };
    match ended {
        // What the server does not accept any more has ended.
        Err(Error::Refused(refusal)) if refusal.is_about_login() => Ok(()),
        ended => ended,
    }
}
