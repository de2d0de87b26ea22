//! `vouchsafe login`: people and identities, and what is stored of them.

pub(crate) mod logout;
mod machine;
mod person;
mod status;

use clap::{Args, Subcommand, ValueEnum};
use vouchsafe_client::platform::{Surroundings, Universal};

use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::api::{AddressArgs, OutputArgs, UniversalArgs, token};
use crate::settings::{FileSettings, variable};

/// Flags of `vouchsafe login`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct LoginArgs {
    #[command(subcommand)]
    command: Option<LoginCommand>,
    /// How to log in [default: universal-auth if a client id is given, else user]
    #[arg(long, value_enum, value_name = "METHOD")]
    method: Option<Method>,
    #[command(flatten)]
    person: person::PersonArgs,
    #[command(flatten)]
    universal: UniversalArgs,
    /// Print the access token and nothing else
    #[arg(long)]
    plain: bool,
    /// Store the login of an identity for other commands, and do not print its token; the login of a person is
    /// always stored
    #[arg(long)]
    save: bool,
    #[command(flatten)]
    address: AddressArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What to do about logins.
#[derive(Subcommand)]
pub(crate) enum LoginCommand {
    /// Show who is logged in where, until when, and whether the server accepts it
    ///
    /// Exit code 3 if commands have nobody to act as, or the server does not accept them.
    #[command(after_help = status::EXAMPLES)]
    Status(status::StatusArgs),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Method {
    /// A person, by e-mail address and password.
    User,
    /// A client id and a client secret.
    UniversalAuth,
}

/// Examples of `vouchsafe login`.
pub(crate) const EXAMPLES: &str = "Examples:\n  \
    vouchsafe login --api-url https://vouchsafe.example.com\n  \
    vouchsafe login --email ann@example.com --password-file password.txt --organization-id 0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e\n  \
    export VOUCHSAFE_TOKEN=$(vouchsafe login --method universal-auth --plain)\n  \
    vouchsafe login --method universal-auth --save";

/// Logs in.
pub(super) async fn run(args: LoginArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    match (args.command, args.method) {
        (Some(LoginCommand::Status(status)), _) => status::run(status, file, printer).await,
        (None, method) => {
            let is_identity = args.universal.is_given() && !args.person.is_given();
            let default = if is_identity { Method::UniversalAuth } else { Method::User };
            let show = Show { plain: args.plain, output: args.output };
            match method.unwrap_or(default) {
                Method::User => person::run(args.person, args.address, show, file, printer).await,
                Method::UniversalAuth => {
                    machine::run(args.universal, args.address, args.save, show, file, printer).await
                }
            }
        }
    }
}

/// What a login prints.
#[derive(Clone, Copy)]
struct Show {
    plain: bool,
    output: OutputArgs,
}

/// Says so if other commands will not act as who has just logged in.
fn warn_of_tokens(printer: &Printer) {
    let around = Surroundings::of_this_process();
    if token(variable(&["VOUCHSAFE_TOKEN"])).is_some() {
        printer.warning("other commands use the token in the environment rather than this login");
    } else if Universal::is_around(&around) {
        printer
            .warning("other commands use the client id and secret in the environment rather than this login");
    }
}
