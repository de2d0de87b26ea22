//! `vouchsafe role`: roles of the organization and of projects.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;
use vouchsafe_api::org_roles::{CreateOrgRole, OrgRole, UpdateOrgRole};
use vouchsafe_api::roles::{
    CreateProjectRole, NewRoleInput, ProjectRole, ProjectRoleIdPath, ProjectRolePath, ProjectRoleSummary,
    RoleChangeInput, UpdateProjectRole,
};
use vouchsafe_client::Client;
use vouchsafe_domain::id::{ProjectId, RoleId};

use super::admin::{CallArgs, PlaceArgs, YesArgs, done, input};
use crate::failure::{Failure, Outcome};
use crate::printer::{Printer, Style, printable};
use crate::settings::FileSettings;
use crate::table;

/// What to do about roles.
#[derive(Subcommand)]
pub(crate) enum RoleCommand {
    /// List roles, the built-in ones too
    #[command(after_help = "Examples:
  vouchsafe role list
  vouchsafe role list --project-id shop -o json")]
    List(ListArgs),
    /// Show a role with its rules
    #[command(after_help = "Examples:
  vouchsafe role show deployer --project-id shop
  vouchsafe role show deployer --project-id shop -o yaml > deployer.yaml")]
    Show(ShowArgs),
    /// Make a role
    #[command(after_help = "Example:
  vouchsafe role create deployer --project-id shop --rules deployer.yaml")]
    Create(CreateArgs),
    /// Change a role; its members keep it
    #[command(after_help = "Example:
  vouchsafe role update deployer --project-id shop --rules deployer.yaml")]
    Update(UpdateArgs),
    /// Delete a role that nobody has
    #[command(after_help = "Example:
  vouchsafe role delete deployer --project-id shop --yes")]
    Delete(DeleteArgs),
}

/// Flags of `vouchsafe role list`.
#[derive(Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe role show`.
#[derive(Args)]
pub(crate) struct ShowArgs {
    /// Slug of the role
    #[arg(value_name = "SLUG")]
    slug: String,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe role create`.
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// Slug of the role
    #[arg(value_name = "SLUG")]
    slug: String,
    /// Its name [default: the slug]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// File with its rules in JSON or YAML: a list, or what `role show` prints; - reads stdin
    #[arg(long, value_name = "FILE")]
    rules: String,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe role update`.
#[derive(Args)]
pub(crate) struct UpdateArgs {
    /// Slug of the role
    #[arg(value_name = "SLUG")]
    slug: String,
    /// New slug
    #[arg(long = "slug", id = "new-slug", value_name = "SLUG")]
    new_slug: Option<String>,
    /// New name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What it is for; empty: nothing is said
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// File with all of its rules from now on, in JSON or YAML; - reads stdin
    #[arg(long, value_name = "FILE")]
    rules: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe role delete`.
#[derive(Args)]
pub(crate) struct DeleteArgs {
    /// Slug of the role
    #[arg(value_name = "SLUG")]
    slug: String,
    #[command(flatten)]
    yes: YesArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Slugs of built-in roles; no role of one's own can have them.
const BUILT_IN: [&str; 3] = ["admin", "member", "no-access"];
/// One more in projects.
const BUILT_IN_PROJECT: &str = "viewer";

/// A role, wherever it is.
#[derive(Serialize)]
struct Role {
    /// Id; built-in roles have one in its form.
    id: String,
    slug: String,
    name: String,
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<Value>>,
}

impl From<OrgRole> for Role {
    fn from(role: OrgRole) -> Self {
        let OrgRole { id, slug, name, description, permissions, .. } = role;
        Self { id, slug, name, description, permissions }
    }
}

impl From<ProjectRoleSummary> for Role {
    fn from(role: ProjectRoleSummary) -> Self {
        let ProjectRoleSummary { id, slug, name, description, .. } = role;
        Self { id: id.to_string(), slug, name, description, permissions: None }
    }
}

impl From<ProjectRole> for Role {
    fn from(role: ProjectRole) -> Self {
        Self { permissions: Some(role.permissions), ..role.summary.into() }
    }
}

impl Role {
    /// By its slug.
    async fn read(client: &Client, project: Option<ProjectId>, slug: &str) -> Outcome<Self> {
        Ok(match project {
            Some(project_id) => {
                let which = ProjectRolePath { project_id, slug: slug.to_owned() };
                client.project_role(&which).await?.into()
            }
            None => client.org_role(slug).await?.into(),
        })
    }

    /// The id by which it is changed.
    fn id(&self, project: Option<ProjectId>) -> Outcome<RoleId> {
        let slug = self.slug.as_str();
        let is_built_in = BUILT_IN.contains(&slug) || (project.is_some() && slug == BUILT_IN_PROJECT);
        let own = Some(self.id.as_str()).filter(|_| !is_built_in);
        own.and_then(|id| id.parse().ok()).ok_or_else(|| {
            Failure::message(format!("the role `{}` is built in and stays as it is", self.slug))
                .hint("make a role of your own with `vouchsafe role create`")
        })
    }
}

/// Administers roles.
pub(super) async fn run(command: RoleCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        RoleCommand::List(args) => list(args, file, printer).await,
        RoleCommand::Show(args) => show(args, file, printer).await,
        RoleCommand::Create(args) => create(args, file, printer).await,
        RoleCommand::Update(args) => update(args, file, printer).await,
        RoleCommand::Delete(args) => delete(args, file, printer).await,
    }
}

async fn list(args: ListArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let roles: Vec<Role> = match args.place.project(&client).await? {
        Some(project) => client.project_roles(project).await?.into_iter().map(Role::from).collect(),
        None => client.org_roles().await?.into_iter().map(Role::from).collect(),
    };
    printer.show(args.call.format(), &roles, || {
        let row = |role: &Role| {
            let description = role.description.as_deref().unwrap_or_default();
            [role.slug.clone(), printable(&role.name), printable(description)]
        };
        table::print(printer, ["SLUG", "NAME", "DESCRIPTION"], &roles.iter().map(row).collect::<Vec<_>>())
    })
}

async fn show(args: ShowArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let role = Role::read(&client, args.place.project(&client).await?, &args.slug).await?;
    printer.show(args.call.format(), &role, || {
        printer.data(printer.styled(&format!("{} ({})", printable(&role.name), role.slug), Style::Bold))?;
        if let Some(description) = role.description.as_deref().filter(|text| !text.is_empty()) {
            printer.data(printable(description))?;
        }
        let rules = role.permissions.as_deref().unwrap_or_default();
        rules.iter().try_for_each(|rule| printer.data(format!("  {}", sentence(rule))))
    })
}

/// A rule in words.
fn sentence(rule: &Value) -> String {
    let verb = if rule["inverted"] == true { "must not" } else { "may" };
    let actions = match &rule["action"] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let subject = match &rule["subject"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let conditions = match &rule["conditions"] {
        Value::Null => String::new(),
        conditions => format!(" where {conditions}"),
    };
    printable(&format!("{verb} {actions} {subject}{conditions}"))
}

async fn create(args: CreateArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let permissions = input::rules(&args.rules)?;
    let name = args.name.unwrap_or_else(|| args.slug.clone());
    let role = NewRoleInput { slug: args.slug, name, description: args.description, permissions };
    let client = args.call.client(file).await?;
    let made: Role = match args.place.project(&client).await? {
        Some(project_id) => client.create_project_role(&CreateProjectRole { project_id, role }).await?.into(),
        None => client.create_org_role(&CreateOrgRole { organization_id: None, role }).await?.into(),
    };
    printer
        .show(args.call.format(), &made, || done(printer, &made.id, format!("made the role {}", made.slug)))
}

async fn update(args: UpdateArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let permissions = args.rules.as_deref().map(input::rules).transpose()?;
    let description = args.description.map(|text| Some(text).filter(|text| !text.is_empty()));
    let role = RoleChangeInput { slug: args.new_slug, name: args.name, description, permissions };
    if role.slug.is_none() && role.name.is_none() && role.description.is_none() && role.permissions.is_none()
    {
        return Err(Failure::usage("nothing to change: give --slug, --name, --description or --rules"));
    }
    let client = args.call.client(file).await?;
    let project = args.place.project(&client).await?;
    let role_id = Role::read(&client, project, &args.slug).await?.id(project)?;
    let changed: Role = if let Some(project_id) = project {
        client.update_project_role(&UpdateProjectRole { project_id, role_id, role }).await?.into()
    } else {
        let input = UpdateOrgRole { organization_id: None, role_id, role };
        client.update_org_role(&input).await?.into()
    };
    printer.show(args.call.format(), &changed, || {
        printer.note(format!("changed the role {}", changed.slug));
        Ok(())
    })
}

async fn delete(args: DeleteArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let project = args.place.project(&client).await?;
    let role = Role::read(&client, project, &args.slug).await?;
    let role_id = role.id(project)?;
    args.yes.confirm(printer, &format!("the role {}", role.slug), &role.slug)?;
    match project {
        Some(project_id) => {
            client.delete_project_role(ProjectRoleIdPath { project_id, role_id }).await?;
        }
        None => {
            client.delete_org_role(role_id).await?;
        }
    }
    printer.show(args.call.format(), &role, || {
        printer.note(format!("deleted the role {}", role.slug));
        Ok(())
    })
}
