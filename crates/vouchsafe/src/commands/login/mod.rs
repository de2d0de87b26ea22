//! `vouchsafe login`: people and identities, and what is stored of them.

mod browser;
pub(crate) mod logout;
mod machine;
mod person;
mod status;

use clap::{Args, Subcommand};
use vouchsafe_client::platform::{Kind, Surroundings};

use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::api::{AddressArgs, OutputArgs, token};
use crate::settings::machine::{MachineArgs, of_environment};
use crate::settings::{FileSettings, text, variable};

/// Flags of `vouchsafe login`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct LoginArgs {
    #[command(subcommand)]
    command: Option<LoginCommand>,
    /// How to log in: `user` (a person), universal-auth, kubernetes, aws-iam, azure, gcp-id-token, gcp-iam, oidc-auth,
    /// jwt-auth, ldap-auth, tls-cert-auth, spiffe-auth, oci-auth, alicloud-auth, or `auto`: what the platform offers;
    /// `INFISICAL_AUTH_METHOD` is read as well [default: universal-auth if a client id is given, else user]
    #[arg(long, env = "VOUCHSAFE_AUTH_METHOD", hide_env_values = true, value_name = "METHOD")]
    method: Option<String>,
    #[command(flatten)]
    person: person::PersonArgs,
    /// Show which credential was found where, in what order it was looked for, and which was taken
    #[arg(long)]
    explain_auth: bool,
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
    #[command(flatten)]
    machine: MachineArgs,
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

/// The method of people.
const USER: &str = "user";

/// Examples of `vouchsafe login`.
pub(crate) const EXAMPLES: &str = "Examples:\n  \
    vouchsafe login --api-url https://vouchsafe.example.com\n  \
    vouchsafe login --browser\n  \
    vouchsafe login --email ann@example.com --password-file password.txt --organization-id 0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e\n  \
    export VOUCHSAFE_TOKEN=$(vouchsafe login --method universal-auth --plain)\n  \
    vouchsafe login --method universal-auth --save\n  \
    vouchsafe login --method kubernetes --machine-identity-id 0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e --plain\n  \
    vouchsafe login --method auto --explain-auth --machine-identity-id 0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e";

/// Logs in.
pub(super) async fn run(args: LoginArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    match (args.command, args.method) {
        (Some(LoginCommand::Status(status)), _) => status::run(status, file, printer).await,
        (None, method) => {
            let show = Show { plain: args.plain, output: args.output };
            let is_identity = args.machine.has_client_id() && !args.person.is_given();
            let default = if is_identity { Kind::Universal.name() } else { USER };
            let method = text(method, None).or_else(|| variable(&["INFISICAL_AUTH_METHOD"]));
            match method.as_deref().unwrap_or(default) {
                USER => person::run(args.person, args.address, show, file, printer).await,
                method => {
                    let wanted = machine::Wanted { save: args.save, explain: args.explain_auth, show };
                    machine::run(method, args.machine, args.address, wanted, file, printer).await
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
    } else if matches!(of_environment(&around), Ok(Some(_))) {
        printer.warning("other commands log in as the environment says rather than with this login");
    }
}
