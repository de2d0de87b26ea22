//! `vouchsafe token renew` and `vouchsafe token revoke`.

use clap::{Args, Subcommand};
use vouchsafe_api::auth_methods::HeldToken;

use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AddressArgs, OutputArgs, token};

/// What to do about an access token.
#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Renew an access token: print one with the same rights that is valid for longer
    Renew(TokenArgs),
    /// Revoke an access token and all its renewals
    Revoke(TokenArgs),
}

/// Flags of the commands about an access token.
#[derive(Args)]
pub(crate) struct TokenArgs {
    /// The access token; `INFISICAL_TOKEN` is read as well
    #[arg(env = "VOUCHSAFE_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,
    #[command(flatten)]
    address: AddressArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl TokenArgs {
    fn held(&mut self) -> Outcome<HeldToken> {
        let given = token(self.token.take());
        let access_token = given
            .ok_or_else(|| Failure::usage("no access token was given").hint("give it in VOUCHSAFE_TOKEN"))?;
        Ok(HeldToken { access_token: access_token.trim().to_owned() })
    }
}

/// Renews or revokes.
pub(super) async fn run(command: TokenCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        TokenCommand::Renew(mut args) => {
            let held = args.held()?;
            let reply = args.address.client(file)?.renew(&held).await?;
            printer.show(args.output.format(), &reply, || {
                printer.data(&reply.access_token)?;
                printer.note(format!("renewed; valid for {}", super::duration(reply.expires_in)));
                Ok(())
            })
        }
        TokenCommand::Revoke(mut args) => {
            let held = args.held()?;
            let reply = args.address.client(file)?.revoke(&held).await?;
            printer.show(args.output.format(), &reply, || {
                printer.note("revoked");
                Ok(())
            })
        }
    }
}
