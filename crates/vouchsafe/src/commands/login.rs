//! `vouchsafe login`.

use clap::{Args, ValueEnum};
use vouchsafe_client::platform::{Source as _, Surroundings, Trail};

use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AddressArgs, OutputArgs, UniversalArgs};

/// Flags of `vouchsafe login`.
#[derive(Args)]
pub(crate) struct LoginArgs {
    /// How to log in
    #[arg(long, value_enum, default_value_t = Method::UniversalAuth, value_name = "METHOD")]
    method: Method,
    #[command(flatten)]
    universal: UniversalArgs,
    /// Print the access token and nothing else
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    address: AddressArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Method {
    /// A client id and a client secret.
    UniversalAuth,
}

/// Logs in and prints the access token; nothing is stored.
pub(super) async fn run(args: LoginArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.address.client(file)?;
    let (around, mut trail) = (Surroundings::of_this_process(), Trail::default());
    let proof = match args.method {
        Method::UniversalAuth => args.universal.source().proof(&around, &mut trail).await?,
    };
    let reply = client.log_in(&proof).await?;
    if let Some(format) = args.output.format() {
        return printer.structured(format, &reply);
    }
    printer.data(&reply.access_token)?;
    if !args.plain {
        printer.note(format!(
            "logged in; the token is valid for {}. Give it to other commands in VOUCHSAFE_TOKEN",
            super::duration(reply.expires_in)
        ));
    }
    Ok(())
}
