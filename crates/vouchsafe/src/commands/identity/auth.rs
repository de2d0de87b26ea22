//! Auth methods of an identity, all by one way: whatever a method's routes take is a field.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use vouchsafe_api::auth_checks::{CheckStep, MethodCheck};

use super::super::admin::input::{self, fields, pair};
use super::super::admin::{CallArgs, YesArgs};
use super::super::apply::fields::is_secret;
use super::super::duration;
use super::WhichArgs;
use crate::failure::{Failure, Outcome};
use crate::printer::{Format, Printer, Style, printable};
use crate::settings::FileSettings;

/// The methods, by the names that their routes have.
const METHODS: [&str; 13] = [
    "alicloud-auth",
    "aws-auth",
    "azure-auth",
    "gcp-auth",
    "jwt-auth",
    "kubernetes-auth",
    "ldap-auth",
    "oci-auth",
    "oidc-auth",
    "spiffe-auth",
    "tls-cert-auth",
    "token-auth",
    "universal-auth",
];
/// How long tokens live if nobody says so, in seconds.
const PROPOSED_TTL: i64 = 60 * 60;
/// Tokens that live longer are warned about, in seconds.
const LONG_TTL: i64 = 24 * 60 * 60;

const TTL: &str = "accessTokenTTL";
const MAX_TTL: &str = "accessTokenMaxTTL";

/// What to do about the auth methods of an identity.
#[derive(Subcommand)]
pub(crate) enum AuthCommand {
    /// Let an identity log in by a method. Without --ttl its tokens live one hour
    #[command(after_help = "Examples:
  vouchsafe identity auth attach universal --identity deploy --trusted-ip 10.0.0.0/8
  vouchsafe identity auth attach oidc --identity ci --set oidcDiscoveryUrl=https://token.actions.githubusercontent.com \\
    --set boundIssuer=https://token.actions.githubusercontent.com --set boundSubject='repo:acme/shop:*'
  vouchsafe identity auth attach kubernetes --identity web --file kubernetes.yaml --ttl 15m")]
    Attach(ChangeArgs),
    /// Show how a method is set up
    #[command(after_help = "Example:
  vouchsafe identity auth show oidc --identity ci -o yaml")]
    Show(MethodArgs),
    /// Change settings of a method; what is not given stays
    #[command(after_help = "Examples:
  vouchsafe identity auth update universal --identity deploy --ttl 15m --uses 1
  vouchsafe identity auth update ldap --identity job --file - < ldap.yaml")]
    Update(ChangeArgs),
    /// Remove a method with all its sources; tokens that came by it are revoked
    #[command(after_help = "Example:
  vouchsafe identity auth remove universal --identity deploy --yes")]
    Remove(RemoveArgs),
    /// Try the configuration of a method out, step by step. Exit code 1 when a step fails
    #[command(after_help = "Examples:
  vouchsafe identity auth test kubernetes --identity web
  vouchsafe identity auth test --identity-id 0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e --method kubernetes-auth")]
    Test(TestArgs),
}

/// Flags of `vouchsafe identity auth attach` and `update`.
#[derive(Args)]
pub(crate) struct ChangeArgs {
    /// Method, such as oidc or oidc-auth
    #[arg(value_name = "METHOD", value_parser = method)]
    method: String,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Settings of a method.
#[derive(Args)]
struct SettingsArgs {
    /// A field of the method, as the API reference names it; the value is JSON where it reads as JSON. Secrets belong in
    /// --file, for others see what you type
    #[arg(long = "set", value_name = "FIELD=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// File with fields in JSON or YAML; - reads stdin. Flags win over it
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// How long tokens live, such as 15m or 1h
    #[arg(long, value_name = "TIME", value_parser = input::seconds)]
    ttl: Option<i64>,
    /// For how long tokens can be renewed, such as 12h
    #[arg(long, value_name = "TIME", value_parser = input::seconds)]
    max_ttl: Option<i64>,
    /// Address or network from which tokens are accepted; may be repeated
    #[arg(long = "trusted-ip", value_name = "CIDR")]
    trusted_ips: Vec<String>,
    /// How often a token can be used; 0 is without a limit
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(i64).range(0..=i64::from(i32::MAX)))]
    uses: Option<i64>,
}

impl SettingsArgs {
    /// All fields that are given, by the names that the API has for them.
    fn fields(self) -> Outcome<Map<String, Value>> {
        let mut all = self.file.as_deref().map(fields).transpose()?.unwrap_or_default();
        all.extend(self.set.into_iter().map(|(key, text)| (key, input::value(&text))));
        let numbers = [(TTL, self.ttl), (MAX_TTL, self.max_ttl), ("accessTokenNumUsesLimit", self.uses)];
        all.extend(numbers.into_iter().filter_map(|(key, given)| Some((key.to_owned(), given?.into()))));
        if !self.trusted_ips.is_empty() {
            let ips: Vec<_> = self.trusted_ips.iter().map(|ip| json!({ "ipAddress": ip })).collect();
            all.insert("accessTokenTrustedIps".to_owned(), ips.into());
        }
        Ok(all)
    }
}

/// Flags of `vouchsafe identity auth show`.
#[derive(Args)]
pub(crate) struct MethodArgs {
    /// Method, such as oidc or oidc-auth
    #[arg(value_name = "METHOD", value_parser = method)]
    method: String,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe identity auth remove`.
#[derive(Args)]
pub(crate) struct RemoveArgs {
    /// Method, such as oidc or oidc-auth
    #[arg(value_name = "METHOD", value_parser = method)]
    method: String,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    yes: YesArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe identity auth test`.
#[derive(Args)]
pub(crate) struct TestArgs {
    /// Method, such as oidc or oidc-auth
    #[arg(value_name = "METHOD", value_parser = method, required_unless_present = "named")]
    method: Option<String>,
    /// The same as a flag
    #[arg(long = "method", id = "named", value_name = "METHOD", value_parser = method, conflicts_with = "method")]
    named: Option<String>,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// The full name of a method.
fn method(given: &str) -> Result<String, String> {
    let given = given.trim().to_lowercase();
    let is_meant = |name: &&&str| **name == given || name.strip_suffix("-auth") == Some(&given);
    METHODS
        .iter()
        .find(is_meant)
        .map(|name| (*name).to_owned())
        .ok_or_else(|| format!("expected one of {}", METHODS.join(", ")))
}

pub(super) async fn run(command: AuthCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        AuthCommand::Attach(args) => attach(args, file, printer).await,
        AuthCommand::Show(args) => show(args, file, printer).await,
        AuthCommand::Update(args) => update(args, file, printer).await,
        AuthCommand::Remove(args) => remove(args, file, printer).await,
        AuthCommand::Test(args) => test(args, file, printer).await,
    }
}

async fn attach(args: ChangeArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let mut settings = args.settings.fields()?;
    propose(&mut settings);
    let client = args.call.client(file).await?;
    let identity = args.which.resolve(&client).await?;
    let shown = client.attach_auth_method(&args.method, identity, &settings).await?;
    warn(&shown, printer);
    show_method(shown, args.call.format(), printer, || printer.note(format!("attached {}", args.method)))
}

/// One hour where nothing is said, or as long as tokens can be renewed if that is less.
fn propose(settings: &mut Map<String, Value>) {
    if !settings.contains_key(TTL) {
        let max = settings.get(MAX_TTL).and_then(Value::as_i64).filter(|max| *max > 0);
        settings.insert(TTL.to_owned(), max.unwrap_or(PROPOSED_TTL).min(PROPOSED_TTL).into());
    }
}

/// Says that tokens live long.
fn warn(shown: &Map<String, Value>, printer: &Printer) {
    let told = match shown.get(TTL).and_then(Value::as_i64) {
        Some(0) => "as long as their other bounds allow".to_owned(),
        Some(ttl) if ttl > LONG_TTL => duration(ttl),
        _ => return,
    };
    printer.warning(format!(
        "its tokens live {told}; whoever finds one can use it as long. --ttl 1h is usually enough"
    ));
}

async fn show(args: MethodArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let identity = args.which.resolve(&client).await?;
    let shown = client.auth_method(&args.method, identity).await?;
    show_method(shown, args.call.format(), printer, || {})
}

/// Prints the settings of a method but for secrets; for people, `then` says what was done.
fn show_method(
    shown: Map<String, Value>,
    format: Option<Format>,
    printer: &Printer,
    then: impl FnOnce(),
) -> Outcome {
    // Programs send what they read back with changes, and a field that they do not send stays as it is.
    let placeholder = format.is_none().then_some("(set, and not shown)");
    let shown = concealed(shown, placeholder);
    printer.show(format, &shown, || {
        show_fields(&shown, printer)?;
        then();
        Ok(())
    })
}

/// The same with this in place of each secret that is set, or without it.
fn concealed(fields: Map<String, Value>, placeholder: Option<&str>) -> Map<String, Value> {
    let within = |value| match value {
        Value::Object(fields) => concealed(fields, placeholder).into(),
        other => other,
    };
    let fields = fields.into_iter().filter_map(|(name, value)| match value {
        Value::String(text) if is_secret(&name) && !text.is_empty() => Some((name, placeholder?.into())),
        Value::Array(values) => Some((name, values.into_iter().map(within).collect())),
        other => Some((name, within(other))),
    });
    fields.collect()
}

fn show_fields(shown: &Map<String, Value>, printer: &Printer) -> Outcome {
    let width = shown.keys().map(String::len).max().unwrap_or_default();
    shown.iter().try_for_each(|(key, value)| {
        let text = match value {
            Value::String(text) => printable(text),
            Value::Null => return Ok(()),
            other => other.to_string(),
        };
        printer.data(format!("{key:width$}  {text}"))
    })
}

async fn update(args: ChangeArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let settings = args.settings.fields()?;
    if settings.is_empty() {
        return Err(Failure::usage(
            "nothing to change: give --set, --file, --ttl, --max-ttl, --trusted-ip or --uses",
        ));
    }
    let client = args.call.client(file).await?;
    let identity = args.which.resolve(&client).await?;
    let shown = client.update_auth_method(&args.method, identity, &settings).await?;
    warn(&shown, printer);
    show_method(shown, args.call.format(), printer, || printer.note(format!("changed {}", args.method)))
}

async fn remove(args: RemoveArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let identity = args.which.resolve(&client).await?;
    args.yes.confirm(printer, &format!("{} with the tokens that came by it", args.method), &args.method)?;
    let shown = concealed(client.remove_auth_method(&args.method, identity).await?, None);
    printer.show(args.call.format(), &shown, || {
        printer.note(format!("removed {}", args.method));
        Ok(())
    })
}

async fn test(args: TestArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let Some(method) = args.method.or(args.named) else { return Err(Failure::usage("no method is given")) };
    let client = args.call.client(file).await?;
    let reply = client.test_auth_method(&method, args.which.resolve(&client).await?).await?;
    printer.show(args.call.format(), &reply, || show_test(&reply, printer))?;
    if reply.ok { Ok(()) } else { Err(Failure::message("the configuration does not work as it is")) }
}

fn show_test(reply: &MethodCheck, printer: &Printer) -> Outcome {
    for source in &reply.sources {
        printer.data(printer.styled(&format!("source {}", source.source), Style::Bold))?;
        show_steps(&source.steps, printer)?;
        if source.steps.is_empty() {
            printer.data("  nothing to try without a proof")?;
        }
    }
    Ok(())
}

/// What was tried, and what came of it.
pub(super) fn show_steps(steps: &[CheckStep], printer: &Printer) -> Outcome {
    for step in steps {
        match (&step.reason, &step.why) {
            (Some(reason), why) => {
                let why = why.as_deref().unwrap_or_default();
                printer.data(format!("  failed  {}: {why} ({reason})", step.what))?;
            }
            (None, _) => printer.data(format!("  ok      {}", step.what))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_short_names() {
        assert_eq!(method("oidc").as_deref(), Ok("oidc-auth"));
        assert_eq!(method("TLS-cert-auth").as_deref(), Ok("tls-cert-auth"));
        assert!(method("auth").unwrap_err().contains("universal-auth"));
    }

    #[test]
    fn secrets_of_a_method_are_not_shown() {
        let shown = json!({
            "bindPass": "canary", "bindDN": "cn=a", "tokenReviewerJwt": "",
            "sources": [{ "tokenReviewerJwt": "canary", "name": "x" }, 1], "of": { "bindPass": "canary" },
        });
        let Value::Object(shown) = shown else { panic!() };
        let for_programs = json!({
            "bindDN": "cn=a", "tokenReviewerJwt": "", "sources": [{ "name": "x" }, 1], "of": {},
        });
        assert_eq!(Value::Object(concealed(shown.clone(), None)), for_programs);
        let for_people = concealed(shown, Some("set"));
        assert_eq!((&for_people["bindPass"], &for_people["of"]["bindPass"]), (&"set".into(), &"set".into()));
        assert!(!Value::Object(for_people).to_string().contains("canary"));
    }

    #[test]
    fn new_tokens_live_an_hour_unless_somebody_says_otherwise() {
        for (given, want) in [
            (json!({}), 3600),
            (json!({ "accessTokenMaxTTL": 600 }), 600),
            (json!({ "accessTokenMaxTTL": 0 }), 3600),
            (json!({ "accessTokenTTL": 60 }), 60),
        ] {
            let Value::Object(mut given) = given else { panic!("no object") };
            propose(&mut given);
            assert_eq!(given[TTL], want);
        }
    }
}
