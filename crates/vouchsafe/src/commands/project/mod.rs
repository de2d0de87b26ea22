//! `vouchsafe project`: projects and their environments.

mod environment;

use clap::{Args, Subcommand};
use vouchsafe_api::projects::{CreateProject, ListProjects, Project, UpdateProject};

use super::admin::{CallArgs, YesArgs, done, names};
use crate::failure::{Failure, Outcome};
use crate::printer::{Printer, Style, printable};
use crate::settings::FileSettings;
use crate::table;

/// What to do about projects.
#[derive(Subcommand)]
pub(crate) enum ProjectCommand {
    /// List the projects that you are a member of
    #[command(after_help = "Examples:
  vouchsafe project list
  vouchsafe project list -o json")]
    List(ListArgs),
    /// Show a project with its environments
    #[command(after_help = "Example:
  vouchsafe project show shop")]
    Show(ShowArgs),
    /// Make a project
    #[command(after_help = "Examples:
  vouchsafe project create Shop
  vouchsafe project create Shop --slug shop --description 'The web shop' --no-environments")]
    Create(CreateArgs),
    /// Change a project
    #[command(after_help = "Examples:
  vouchsafe project update shop --name 'Web shop'
  vouchsafe project update shop --delete-protection")]
    Update(UpdateArgs),
    /// Delete a project with its secrets and members
    #[command(after_help = "Example:
  vouchsafe project delete shop")]
    Delete(DeleteArgs),
    /// Environments of a project
    #[command(subcommand)]
    Environment(environment::EnvironmentCommand),
}

/// Flags of `vouchsafe project list`.
#[derive(Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe project show`.
#[derive(Args)]
pub(crate) struct ShowArgs {
    /// Project: its id, slug or name
    #[arg(value_name = "PROJECT")]
    project: String,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe project create`.
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// Name of the project
    #[arg(value_name = "NAME")]
    name: String,
    /// Its slug [default: made from the name]
    #[arg(long, value_name = "SLUG")]
    slug: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Without the usual environments dev, staging and prod
    #[arg(long)]
    no_environments: bool,
    /// Nobody can delete it before that is taken back
    #[arg(long)]
    delete_protection: bool,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe project update`.
#[derive(Args)]
pub(crate) struct UpdateArgs {
    /// Project: its id, slug or name
    #[arg(value_name = "PROJECT")]
    project: String,
    /// New name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// New slug
    #[arg(long, value_name = "SLUG")]
    slug: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Whether nobody can delete it
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    delete_protection: Option<bool>,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe project delete`.
#[derive(Args)]
pub(crate) struct DeleteArgs {
    /// Project: its id, slug or name
    #[arg(value_name = "PROJECT")]
    project: String,
    #[command(flatten)]
    yes: YesArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Administers projects.
pub(super) async fn run(command: ProjectCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        ProjectCommand::List(args) => list(args, file, printer).await,
        ProjectCommand::Show(args) => show(args, file, printer).await,
        ProjectCommand::Create(args) => create(args, file, printer).await,
        ProjectCommand::Update(args) => update(args, file, printer).await,
        ProjectCommand::Delete(args) => delete(args, file, printer).await,
        ProjectCommand::Environment(command) => environment::run(command, file, printer).await,
    }
}

/// The slugs of the environments on one line.
fn environments(project: &Project) -> String {
    project.environments.iter().map(|one| one.slug.as_str()).collect::<Vec<_>>().join(", ")
}

async fn list(args: ListArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let projects = args.call.client(file).await?.projects(&ListProjects::default()).await?;
    printer.show(args.call.format(), &projects, || {
        let row =
            |one: &Project| [printable(&one.name), one.slug.clone(), one.id.to_string(), environments(one)];
        let rows: Vec<_> = projects.iter().map(row).collect();
        table::print(printer, ["NAME", "SLUG", "ID", "ENVIRONMENTS"], &rows)
    })
}

async fn show(args: ShowArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let project = client.project(names::project(&client, &args.project).await?).await?;
    printer.show(args.call.format(), &project, || {
        printer.data(printer.styled(&printable(&project.name), Style::Bold))?;
        for (what, text) in [
            ("id", project.id.to_string()),
            ("slug", project.slug.clone()),
            ("description", printable(&project.description)),
            ("environments", environments(&project)),
            ("protected", if project.has_delete_protection { "from deletion" } else { "no" }.to_owned()),
        ] {
            printer.data(format!("  {what:<14}{text}").trim_end())?;
        }
        Ok(())
    })
}

async fn create(args: CreateArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let input = CreateProject {
        project_name: args.name,
        slug: args.slug,
        project_description: args.description,
        kind: None,
        should_create_default_envs: Some(!args.no_environments),
        has_delete_protection: Some(args.delete_protection),
    };
    let made = args.call.client(file).await?.create_project(&input).await?;
    printer.show(args.call.format(), &made, || {
        done(printer, made.id, format!("made the project {} ({})", printable(&made.name), made.slug))
    })
}

async fn update(args: UpdateArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let is_idle = args.name.is_none() && args.slug.is_none() && args.description.is_none();
    if is_idle && args.delete_protection.is_none() {
        return Err(Failure::usage(
            "nothing to change: give --name, --slug, --description or --delete-protection",
        ));
    }
    let client = args.call.client(file).await?;
    let input = UpdateProject {
        project_id: names::project(&client, &args.project).await?,
        name: args.name,
        description: args.description,
        slug: args.slug,
        auto_capitalization: None,
        has_delete_protection: args.delete_protection,
        secret_sharing: None,
        show_snapshots_legacy: None,
        secret_detection_ignore_values: None,
        pit_version_limit: None,
        enforce_encrypted_secret_manager_secret_metadata: None,
    };
    let changed = client.update_project(&input).await?;
    printer.show(args.call.format(), &changed, || {
        printer.note(format!("changed the project {}", printable(&changed.name)));
        Ok(())
    })
}

async fn delete(args: DeleteArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let project = client.project(names::project(&client, &args.project).await?).await?;
    let what = format!("the project {} with its secrets and members", printable(&project.name));
    args.yes.confirm(printer, &what, &project.slug)?;
    let deleted = client.delete_project(project.id).await?;
    printer.show(args.call.format(), &deleted, || {
        printer.note(format!("deleted the project {}", printable(&deleted.name)));
        Ok(())
    })
}
