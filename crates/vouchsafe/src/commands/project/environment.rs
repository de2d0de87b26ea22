//! Environments of a project.

use clap::{Args, Subcommand};
use vouchsafe_api::environments::{CreateEnvironment, EnvironmentPath, EnvironmentSlugPath};
use vouchsafe_api::projects::EnvironmentSummary;

use super::super::admin::{CallArgs, ProjectArgs, YesArgs, done};
use crate::failure::Outcome;
use crate::printer::{Printer, printable};
use crate::settings::FileSettings;
use crate::table;

/// What to do about environments.
#[derive(Subcommand)]
pub(crate) enum EnvironmentCommand {
    /// List the environments of a project
    #[command(after_help = "Example:
  vouchsafe project environment list --project-id shop")]
    List(ListArgs),
    /// Make an environment
    #[command(after_help = "Example:
  vouchsafe project environment create qa --name 'Quality assurance' --project-id shop")]
    Create(CreateArgs),
    /// Delete an environment with its secrets
    #[command(after_help = "Example:
  vouchsafe project environment delete qa --project-id shop")]
    Delete(DeleteArgs),
}

/// Flags of `vouchsafe project environment list`.
#[derive(Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe project environment create`.
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// Slug of the environment
    #[arg(value_name = "SLUG")]
    slug: String,
    /// Its name [default: the slug]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe project environment delete`.
#[derive(Args)]
pub(crate) struct DeleteArgs {
    /// Slug of the environment
    #[arg(value_name = "SLUG")]
    slug: String,
    #[command(flatten)]
    yes: YesArgs,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    call: CallArgs,
}

pub(super) async fn run(command: EnvironmentCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        EnvironmentCommand::List(args) => list(args, file, printer).await,
        EnvironmentCommand::Create(args) => create(args, file, printer).await,
        EnvironmentCommand::Delete(args) => delete(args, file, printer).await,
    }
}

async fn list(args: ListArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let project = client.project(args.project.project(&client, file).await?).await?;
    printer.show(args.call.format(), &project.environments, || {
        let row = |one: &EnvironmentSummary| [one.slug.clone(), printable(&one.name), one.id.to_string()];
        let rows: Vec<_> = project.environments.iter().map(row).collect();
        table::print(printer, ["SLUG", "NAME", "ID"], &rows)
    })
}

async fn create(args: CreateArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let project_id = args.project.project(&client, file).await?;
    let name = args.name.unwrap_or_else(|| args.slug.clone());
    let input = CreateEnvironment { project_id, name, slug: args.slug, position: None };
    let made = client.create_environment(&input).await?;
    printer.show(args.call.format(), &made, || {
        done(printer, made.id, format!("made the environment {}", made.slug))
    })
}

async fn delete(args: DeleteArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let project_id = args.project.project(&client, file).await?;
    let found = client.environment(&EnvironmentSlugPath { project_id, slug: args.slug }).await?;
    args.yes.confirm(printer, &format!("the environment {} with its secrets", found.slug), &found.slug)?;
    let deleted = client.delete_environment(EnvironmentPath { project_id, env_id: found.id }).await?;
    printer.show(args.call.format(), &deleted, || {
        printer.note(format!("deleted the environment {}", deleted.slug));
        Ok(())
    })
}
