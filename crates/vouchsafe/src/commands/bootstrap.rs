//! `vouchsafe bootstrap`.

use std::ffi::OsString;

use clap::{Args, ValueEnum};
use serde_json::Value;
use vouchsafe_api::admin::{Bootstrap, BootstrapReply};
use vouchsafe_api::concealed::Concealed;
use vouchsafe_client::Error;
use vouchsafe_domain::text::Email;

use crate::failure::{Failure, Outcome};
use crate::manifest;
use crate::printer::Printer;
use crate::prompt;
use crate::settings::api::{AddressArgs, client_of, default_address};
use crate::settings::{FileSettings, Name, password, text, variable};

/// Flags of `vouchsafe bootstrap`.
#[derive(Args)]
pub(crate) struct BootstrapArgs {
    /// E-mail address of the first administrator; `INFISICAL_ADMIN_EMAIL` is read as well
    #[arg(long, env = "VOUCHSAFE_ADMIN_EMAIL", hide_env_values = true, value_name = "EMAIL")]
    email: Option<String>,
    /// Password of the first administrator; other users of this machine can see flags, so rather use the
    /// variable (`INFISICAL_ADMIN_PASSWORD` is read as well), the file, or the question on the terminal
    #[arg(long, env = "VOUCHSAFE_ADMIN_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    password: Option<String>,
    /// File that holds the password; `-` for stdin
    #[arg(long, env = "VOUCHSAFE_ADMIN_PASSWORD_FILE", hide_env_values = true, value_name = "FILE")]
    password_file: Option<OsString>,
    /// Name of the organization; `INFISICAL_ADMIN_ORGANIZATION` is read as well
    #[arg(long, env = "VOUCHSAFE_ADMIN_ORGANIZATION", hide_env_values = true, value_name = "NAME")]
    organization: Option<String>,
    /// Succeed without output if the instance has been set up before
    #[arg(long)]
    ignore_if_bootstrapped: bool,
    /// What to print: the reply, or a manifest of a Kubernetes secret with the token for `kubectl apply -f -`
    #[arg(long, short, value_enum, default_value_t = Format::Json, value_name = "FORMAT")]
    output: Format,
    /// Name of the Kubernetes secret
    #[arg(long, default_value = "vouchsafe-bootstrap", value_name = "NAME")]
    k8_secret_name: String,
    /// Namespace of the Kubernetes secret
    #[arg(long, value_name = "NAMESPACE")]
    k8_secret_namespace: Option<String>,
    #[command(flatten)]
    address: AddressArgs,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    /// The reply of the server.
    Json,
    /// A Kubernetes secret.
    K8Secret,
}

/// Makes the first administrator, organization and identity.
pub(super) async fn run(args: BootstrapArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let missing = |flag, variable| move || Name::new(flag, variable).refuse("not given");
    let email = text(args.email, None)
        .or_else(|| variable(&["INFISICAL_ADMIN_EMAIL"]))
        .ok_or_else(missing("--email", "VOUCHSAFE_ADMIN_EMAIL"))?;
    let email =
        Email::parse(&email).map_err(|error| Name::new("--email", "VOUCHSAFE_ADMIN_EMAIL").refuse(error))?;
    let organization = text(args.organization, None)
        .or_else(|| variable(&["INFISICAL_ADMIN_ORGANIZATION"]))
        .ok_or_else(missing("--organization", "VOUCHSAFE_ADMIN_ORGANIZATION"))?;
    // A new instance is not the one that somebody is logged in at.
    let client = client_of(&args.address.named(file)?.unwrap_or_else(default_address))?;
    let password = password(args.password, args.password_file)?;

    let input = Bootstrap { email, password: Concealed::new(password), organization };
    let reply = match client.bootstrap(&input).await {
        Err(error) if args.ignore_if_bootstrapped && is_set_up(&error) => {
            printer.note("the instance has been set up before; nothing was changed");
            return Ok(());
        }
        answered => answered?,
    };
    match args.output {
        Format::Json => printer.json(&reply),
        Format::K8Secret => {
            printer.json(&manifest(&reply, &args.k8_secret_name, args.k8_secret_namespace.as_deref()))
        }
    }
}

/// Whether the server refused because somebody was faster.
fn is_set_up(error: &Error) -> bool {
    error
        .refusal()
        .is_some_and(|refusal| refusal.status == 400 && refusal.sentence().contains("already been set up"))
}

fn password(given: Option<String>, in_file: Option<OsString>) -> Outcome<String> {
    if let Some(password) = password::given(given, &["INFISICAL_ADMIN_PASSWORD"], in_file)? {
        return Ok(password);
    }
    if prompt::is_possible() {
        let password = prompt::password("Password of the first administrator:")?;
        if password != prompt::password("The same again:")? {
            return Err(Failure::usage("the passwords differ"));
        }
        return Ok(password);
    }
    Err(Name::new("--password-file", "VOUCHSAFE_ADMIN_PASSWORD").refuse("no password was given"))
}

/// A Kubernetes secret that holds what automation needs.
fn manifest(reply: &BootstrapReply, name: &str, namespace: Option<&str>) -> Value {
    let (identity, organization) = (reply.identity.id.to_string(), reply.organization.id.to_string());
    let data = [
        ("token", reply.identity.credentials.token.reveal()),
        ("identityId", identity.as_str()),
        ("organizationId", organization.as_str()),
    ];
    manifest::secret(name, namespace, data.into_iter())
}
