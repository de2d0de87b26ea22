//! `vouchsafe identity`: machine identities, how they log in, and what they log in with.

mod auth;
mod client_secret;
mod lockouts;
mod manage;
mod token;
mod what_if;

use clap::{Args, Subcommand};
use vouchsafe_client::Client;
use vouchsafe_domain::id::IdentityId;

use super::admin::names;
use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::FileSettings;

/// What to do about identities.
#[derive(Subcommand)]
pub(crate) enum IdentityCommand {
    /// Make an identity, in the organization or in a project
    Create(manage::CreateArgs),
    /// List identities
    List(manage::ListArgs),
    /// Show an identity: how it logs in, which roles it has where, when it was last seen
    Show(manage::ShowArgs),
    /// Change the name, role, metadata or protection of an identity
    Update(manage::UpdateArgs),
    /// Delete an identity; its tokens are worth nothing from then on
    Delete(manage::DeleteArgs),
    /// Auth methods of an identity: the proofs by which it logs in
    #[command(subcommand)]
    Auth(auth::AuthCommand),
    /// Client secrets of Universal Auth
    #[command(subcommand)]
    ClientSecret(client_secret::ClientSecretCommand),
    /// Access tokens of Token Auth
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Locks after failed logins
    #[command(subcommand)]
    Lockouts(lockouts::LockoutsCommand),
    /// Which identities would a JWT, ARN, certificate or user name become, and where do the others miss?
    ///
    /// The sample is looked at as if it were genuine: its signature is not checked and nobody is asked. Exit code 1 when
    /// it would become nobody.
    #[command(after_help = "Examples:\n  \
        vouchsafe identity what-if --jwt-file token.jwt\n  \
        vouchsafe identity what-if --arn arn:aws:sts::123456789012:assumed-role/deploy/ci --output json\n  \
        curl -s \"$ID_TOKEN_URL\" | vouchsafe identity what-if --jwt-file -")]
    WhatIf(what_if::WhatIfArgs),
}

/// Administers identities, or asks about them.
pub(super) async fn run(command: IdentityCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        IdentityCommand::Create(args) => manage::create(args, file, printer).await,
        IdentityCommand::List(args) => manage::list(args, file, printer).await,
        IdentityCommand::Show(args) => manage::show(args, file, printer).await,
        IdentityCommand::Update(args) => manage::update(args, file, printer).await,
        IdentityCommand::Delete(args) => manage::delete(args, file, printer).await,
        IdentityCommand::Auth(command) => auth::run(command, file, printer).await,
        IdentityCommand::ClientSecret(command) => client_secret::run(command, file, printer).await,
        IdentityCommand::Token(command) => token::run(command, file, printer).await,
        IdentityCommand::Lockouts(command) => lockouts::run(command, file, printer).await,
        IdentityCommand::WhatIf(args) => what_if::run(args, file, printer).await,
    }
}

/// Which identity.
#[derive(Args)]
struct WhichArgs {
    /// Identity: its id or name
    #[arg(long, visible_alias = "identity-id", value_name = "IDENTITY")]
    identity: String,
}

impl WhichArgs {
    async fn resolve(&self, client: &Client) -> Outcome<IdentityId> {
        names::identity(client, &self.identity).await
    }
}
