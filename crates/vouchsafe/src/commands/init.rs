//! `vouchsafe init`.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use anyhow::Context;
use clap::Args;
use vouchsafe_api::projects::Project;
use vouchsafe_client::Client;

use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::prompt;
use crate::settings::api::{AccessArgs, EnvironmentArgs};
use crate::settings::project_file::{self, ProjectFile};
use crate::settings::{FileSettings, Name};

/// Examples of the command.
pub(crate) const EXAMPLES: &str = "Examples:\n  \
    vouchsafe init\n  \
    vouchsafe init --project-id 0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e --env prod --force";

/// Flags of `vouchsafe init`.
#[derive(Args)]
#[command(mut_arg("project_id", |argument| argument.help("Id of the project; asked for if it is missing. `INFISICAL_PROJECT_ID` is read as well")))]
#[command(mut_arg("environment", |argument| argument.help("Slug of the environment that commands use in this folder, unless the Git branch or a flag says otherwise")))]
pub(crate) struct InitArgs {
    #[command(flatten)]
    environment: EnvironmentArgs,
    /// Replace the file if there is one
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    access: AccessArgs,
}

/// Links the current folder to a project.
pub(super) async fn run(args: InitArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let path = std::env::current_dir()?.join(project_file::NAME);
    if path.exists() && !args.force {
        let what = format!("{} exists already and will be replaced", path.display());
        if !prompt::confirmed(printer, &what, "yes", "--force")? {
            return Err(Failure::message(format!("{} stays as it is", path.display())));
        }
    }
    let client = args.access.client(file).await?;
    let project = match args.environment.project(file) {
        Some(id) => named(&client, &id).await?,
        None => chosen(&client, printer).await?,
    };
    let environment = args.environment.environment();
    if let Some(slug) = &environment {
        check_environment(&project, slug)?;
    }
    let text = serde_json::to_string_pretty(&ProjectFile::of(project.id, environment))? + "\n";
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    printer.note(format!(
        "this folder and those below it belong to the project {}: {}",
        project.name,
        path.display()
    ));
    Ok(())
}

async fn named(client: &Client, id: &str) -> Outcome<Project> {
    let name = Name::new("--project-id", "VOUCHSAFE_PROJECT_ID");
    let id = id.trim().parse().map_err(|_| name.refuse("expected the id of a project, a UUID"))?;
    Ok(client.project(id).await.with_context(|| format!("cannot read the project {id}"))?)
}

async fn chosen(client: &Client, printer: &Printer) -> Outcome<Project> {
    if !prompt::is_possible() {
        return Err(Name::new("--project-id", "VOUCHSAFE_PROJECT_ID").refuse("not given"));
    }
    let mut projects = client.my_projects().await.context("cannot list your projects")?;
    if projects.is_empty() {
        return Err(Failure::message("you are in no project of this organization"));
    }
    let things: Vec<String> =
        projects.iter().map(|project| format!("{}  ({})", project.name, project.id)).collect();
    let index = prompt::choice(printer, "Which project does this folder belong to?", &things)?;
    Ok(projects.swap_remove(index))
}

fn check_environment(project: &Project, slug: &str) -> Outcome {
    let slugs: Vec<&str> = project.environments.iter().map(|one| one.slug.as_str()).collect();
    if slugs.contains(&slug) {
        return Ok(());
    }
    Err(Name::new("--env", "VOUCHSAFE_ENVIRONMENT").refuse(format!(
        "the project {} has no environment `{slug}`, only {}",
        project.name,
        slugs.join(", ")
    )))
}
