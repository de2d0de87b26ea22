//! Access tokens of Token Auth.

use clap::{Args, Subcommand};
use serde_json::json;
use vouchsafe_api::auth_methods::{CreateToken, ListTokens, TokenData, UpdateToken};
use vouchsafe_domain::id::TokenId;

use super::super::admin::{CallArgs, YesArgs, bound, count, input, when};
use super::super::duration;
use super::WhichArgs;
use crate::failure::Outcome;
use crate::printer::{Printer, printable};
use crate::settings::FileSettings;
use crate::table;

/// Most tokens that the server lists at once.
const PAGE: i64 = 100;

/// What to do about the tokens of an identity.
#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Make an access token; it is shown this once
    #[command(after_help = "Examples:
  vouchsafe identity token create --identity deploy --name laptop
  VOUCHSAFE_TOKEN=$(vouchsafe identity token create --identity deploy --ttl 15m --plain) ./job")]
    Create(CreateArgs),
    /// List the access tokens of an identity, without their values
    #[command(after_help = "Example:
  vouchsafe identity token list --identity deploy")]
    List(ListArgs),
    /// Rename an access token
    #[command(after_help = "Example:
  vouchsafe identity token rename 0190f4e7-6b1c-7c3a-9d52-3f1b2a4c5d6e laptop-2")]
    Rename(RenameArgs),
    /// Revoke an access token
    #[command(after_help = "Example:
  vouchsafe identity token revoke 0190f4e7-6b1c-7c3a-9d52-3f1b2a4c5d6e --yes")]
    Revoke(RevokeArgs),
}

/// Flags of `vouchsafe identity token create`.
#[derive(Args)]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// What it is called
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How long it lives, such as 15m, at most as long as the method says
    #[arg(long, value_name = "TIME", value_parser = input::seconds)]
    ttl: Option<i64>,
    /// For how long it can be renewed, at most as long as the method says
    #[arg(long, value_name = "TIME", value_parser = input::seconds)]
    max_ttl: Option<i64>,
    /// How often it can be used, at most as often as the method says
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(i64).range(0..=i64::from(i32::MAX)))]
    uses: Option<i64>,
    /// Print the token and nothing else
    #[arg(long, conflicts_with = "output")]
    plain: bool,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe identity token list`.
#[derive(Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe identity token rename`.
#[derive(Args)]
pub(crate) struct RenameArgs {
    /// Id of the token
    #[arg(value_name = "ID")]
    id: TokenId,
    /// New name
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe identity token revoke`.
#[derive(Args)]
pub(crate) struct RevokeArgs {
    /// Id of the token
    #[arg(value_name = "ID")]
    id: TokenId,
    #[command(flatten)]
    yes: YesArgs,
    #[command(flatten)]
    call: CallArgs,
}

pub(super) async fn run(command: TokenCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        TokenCommand::Create(args) => create(args, file, printer).await,
        TokenCommand::List(args) => list(args, file, printer).await,
        TokenCommand::Rename(args) => rename(args, file, printer).await,
        TokenCommand::Revoke(args) => revoke(args, file, printer).await,
    }
}

async fn create(args: CreateArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let input = CreateToken {
        identity_id: args.which.resolve(&client).await?,
        name: args.name,
        organization_slug: None,
        access_token_ttl: args.ttl,
        access_token_max_ttl: args.max_ttl,
        access_token_num_uses_limit: args.uses,
    };
    let made = client.create_token(&input).await?;
    if args.plain {
        return printer.data(&made.access_token);
    }
    printer.show(args.call.format(), &made, || {
        printer.data(format!("token  {}", made.access_token))?;
        printer.data(format!("id     {}", made.token_data.id))?;
        printer.note(format!("it is valid for {}, and shown this once", duration(made.expires_in)));
        Ok(())
    })
}

async fn list(args: ListArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let identity_id = args.which.resolve(&client).await?;
    let mut all: Vec<TokenData> = Vec::new();
    loop {
        let input = ListTokens { identity_id, offset: Some(count(all.len())), limit: Some(PAGE) };
        let page = client.tokens(input).await?;
        let is_last = count(page.len()) < PAGE;
        all.extend(page);
        if is_last {
            break;
        }
    }
    printer.show(args.call.format(), &all, || {
        let rows: Vec<_> = all.iter().map(row).collect();
        table::print(printer, ["ID", "NAME", "MADE", "LIFE", "LAST USED", "STATE"], &rows)
    })
}

fn row(one: &TokenData) -> [String; 6] {
    [
        one.id.to_string(),
        printable(one.name.as_deref().unwrap_or("-")),
        when(Some(one.created_at)),
        bound(one.access_token_ttl),
        when(one.access_token_last_used_at),
        if one.is_access_token_revoked { "revoked" } else { "valid" }.to_owned(),
    ]
}

async fn rename(args: RenameArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let renamed = client.update_token(&UpdateToken { token_id: args.id, name: Some(args.name) }).await?;
    printer.show(args.call.format(), &renamed, || {
        printer
            .note(format!("the token is called {}", printable(renamed.name.as_deref().unwrap_or_default())));
        Ok(())
    })
}

async fn revoke(args: RevokeArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let id = args.id.to_string();
    args.yes.confirm(printer, &format!("the token {id}"), &id)?;
    args.call.client(file).await?.revoke_token(args.id).await?;
    printer.show(args.call.format(), &json!({ "id": id, "revoked": true }), || {
        printer.note(format!("revoked the token {id}"));
        Ok(())
    })
}
