//! `vouchsafe login`.

use clap::{Args, ValueEnum};

use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AddressArgs, Output, OutputArgs, UniversalArgs};

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
    let reply = match args.method {
        Method::UniversalAuth => client.log_in_universal(&args.universal.resolve()?).await?,
    };
    if args.output.output == Output::Json {
        return printer.json(&reply);
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
