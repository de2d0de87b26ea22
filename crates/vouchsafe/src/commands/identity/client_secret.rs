//! Client secrets of Universal Auth.

use clap::{Args, Subcommand};
use vouchsafe_api::auth_methods::{ClientSecretData, ClientSecretPath, CreateClientSecret};
use vouchsafe_domain::id::ClientSecretId;

use super::super::admin::{CallArgs, YesArgs, bound, input, when};
use super::WhichArgs;
use crate::failure::Outcome;
use crate::printer::{Printer, printable};
use crate::settings::FileSettings;
use crate::table;

/// What to do about client secrets.
#[derive(Subcommand)]
pub(crate) enum ClientSecretCommand {
    /// Make a client secret; it is shown this once
    #[command(after_help = "Examples:
  vouchsafe identity client-secret create --identity deploy --description laptop --ttl 30d
  vouchsafe identity client-secret create --identity deploy --plain > secret.txt")]
    Create(CreateArgs),
    /// List client secrets that are not revoked, without their values
    #[command(after_help = "Example:
  vouchsafe identity client-secret list --identity deploy")]
    List(ListArgs),
    /// Revoke a client secret and the tokens that it was exchanged for
    #[command(after_help = "Example:
  vouchsafe identity client-secret revoke 0190f4e7-6b1c-7c3a-9d52-3f1b2a4c5d6e --identity deploy --yes")]
    Revoke(RevokeArgs),
}

/// Flags of `vouchsafe identity client-secret create`.
#[derive(Args)]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// How long it can be used, such as 30d [default: no limit]
    #[arg(long, value_name = "TIME", value_parser = input::seconds)]
    ttl: Option<i64>,
    /// How often it can be used [default: no limit]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(i64).range(0..=i64::from(i32::MAX)))]
    uses: Option<i64>,
    /// Print the client secret and nothing else
    #[arg(long, conflicts_with = "output")]
    plain: bool,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe identity client-secret list`.
#[derive(Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe identity client-secret revoke`.
#[derive(Args)]
pub(crate) struct RevokeArgs {
    /// Id of the client secret
    #[arg(value_name = "ID")]
    id: ClientSecretId,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    yes: YesArgs,
    #[command(flatten)]
    call: CallArgs,
}

pub(super) async fn run(command: ClientSecretCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        ClientSecretCommand::Create(args) => create(args, file, printer).await,
        ClientSecretCommand::List(args) => list(args, file, printer).await,
        ClientSecretCommand::Revoke(args) => revoke(args, file, printer).await,
    }
}

async fn create(args: CreateArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let identity_id = args.which.resolve(&client).await?;
    let input = CreateClientSecret {
        identity_id,
        description: args.description,
        num_uses_limit: args.uses,
        ttl: args.ttl,
    };
    let made = client.create_client_secret(&input).await?;
    if args.plain {
        return printer.data(&made.client_secret);
    }
    printer.show(args.call.format(), &made, || {
        printer.data(format!("client secret  {}", made.client_secret))?;
        printer.data(format!("id             {}", made.client_secret_data.id))?;
        printer.note("the client secret is shown this once; `vouchsafe identity auth show universal` has the client id");
        Ok(())
    })
}

async fn list(args: ListArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let all = client.client_secrets(args.which.resolve(&client).await?).await?;
    printer.show(args.call.format(), &all, || {
        let rows: Vec<_> = all.iter().map(row).collect();
        table::print(printer, ["ID", "BEGINS", "DESCRIPTION", "MADE", "LIFE", "USES"], &rows)
    })
}

fn row(one: &ClientSecretData) -> [String; 6] {
    let uses = match one.client_secret_num_uses_limit {
        0 => one.client_secret_num_uses.to_string(),
        limit => format!("{} of {limit}", one.client_secret_num_uses),
    };
    [
        one.id.to_string(),
        format!("{}…", one.client_secret_prefix),
        printable(&one.description),
        when(Some(one.created_at)),
        bound(one.client_secret_ttl),
        uses,
    ]
}

async fn revoke(args: RevokeArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let which =
        ClientSecretPath { identity_id: args.which.resolve(&client).await?, client_secret_id: args.id };
    let prefix = client.client_secret(which).await?.client_secret_prefix;
    args.yes.confirm(printer, &format!("the client secret {prefix}… with its tokens"), &prefix)?;
    let revoked = client.revoke_client_secret(which).await?;
    printer.show(args.call.format(), &revoked, || {
        printer.note(format!("revoked the client secret {prefix}…"));
        Ok(())
    })
}
