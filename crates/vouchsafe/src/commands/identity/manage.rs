//! Making, listing, showing, changing and deleting identities.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use clap::Args;
use serde_json::json;
use vouchsafe_api::groups::JoinedGroup;
use vouchsafe_api::identities::{
    CreateIdentity, Identity, IdentityMembership, SearchFilter, SearchIdentities, TextFilter, TextOperators,
    UpdateIdentity,
};
use vouchsafe_api::identity_members::IdentityMember;
use vouchsafe_api::managed_identities::{
    CreateProjectIdentity, ListProjectIdentities, ProjectIdentityPath, UpdateProjectIdentity,
};
use vouchsafe_client::Client;
use vouchsafe_domain::id::{IdentityId, ProjectId};

use super::super::admin::input::{metadata, pair};
use super::super::admin::roles::{RoleArgs, told};
use super::super::admin::{CallArgs, PlaceArgs, YesArgs, count, done, names, when};
use crate::failure::{Failure, Outcome};
use crate::printer::{Printer, Style, printable};
use crate::settings::FileSettings;
use crate::table;

/// Most rows that the server sends at once.
const PAGE: i64 = 100;

/// Flags of `vouchsafe identity create`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe identity create deploy
  vouchsafe identity create backup --role admin --metadata team=ops --delete-protection
  vouchsafe identity create web --project-id shop --role viewer")]
pub(crate) struct CreateArgs {
    /// Name of the identity
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    roles: RoleArgs,
    /// What is to be remembered of it; rules can refer to it
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    metadata: Vec<(String, String)>,
    /// Nobody can delete it before that is taken back
    #[arg(long)]
    delete_protection: bool,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe identity list`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe identity list
  vouchsafe identity list --search deploy --limit 10 -o json
  vouchsafe identity list --project-id shop")]
pub(crate) struct ListArgs {
    /// Only those whose names contain this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// At most this many
    #[arg(long, value_name = "COUNT", default_value_t = 1000, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe identity show`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe identity show deploy
  vouchsafe identity show 0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e -o yaml")]
pub(crate) struct ShowArgs {
    /// Identity: its id or name
    #[arg(value_name = "IDENTITY")]
    identity: String,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe identity update`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe identity update deploy --name deploy-eu --role member
  vouchsafe identity update deploy --metadata team=ops --metadata tier=1
  vouchsafe identity update backup --delete-protection=false")]
pub(crate) struct UpdateArgs {
    /// Identity: its id or name
    #[arg(value_name = "IDENTITY")]
    identity: String,
    /// New name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Slug of its role in the organization
    #[arg(long, value_name = "SLUG")]
    role: Option<String>,
    /// All of its metadata from now on
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    metadata: Vec<(String, String)>,
    /// Whether nobody can delete it
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    delete_protection: Option<bool>,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe identity delete`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe identity delete deploy
  vouchsafe identity delete deploy --yes")]
pub(crate) struct DeleteArgs {
    /// Identity: its id or name
    #[arg(value_name = "IDENTITY")]
    identity: String,
    #[command(flatten)]
    yes: YesArgs,
    #[command(flatten)]
    call: CallArgs,
}

pub(super) async fn create(args: CreateArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let (metadata, protection) = (metadata(args.metadata), Some(args.delete_protection));
    let made = if let Some(project_id) = args.place.project(&client).await? {
        let roles = Some(args.roles.given()).filter(|roles| !roles.is_empty());
        let input = CreateProjectIdentity {
            project_id,
            name: args.name,
            has_delete_protection: protection,
            metadata,
            roles,
        };
        client.create_project_identity(&input).await?
    } else {
        let input = CreateIdentity {
            name: args.name,
            role: args.roles.only()?,
            organization_id: names::organization(&client).await?,
            has_delete_protection: protection,
            metadata,
        };
        client.create_identity(&input).await?
    };
    printer.show(args.call.format(), &made, || {
        let next = format!("vouchsafe identity auth attach METHOD --identity {}", made.id);
        done(
            printer,
            made.id,
            format!("made the identity {}; let it log in with: {next}", printable(&made.name)),
        )
    })
}

pub(super) async fn list(args: ListArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    match args.place.project(&client).await? {
        Some(project) => list_of_project(&args, &client, project, printer).await,
        None => list_of_organization(&args, &client, printer).await,
    }
}

async fn list_of_organization(args: &ListArgs, client: &Client, printer: &Printer) -> Outcome {
    let name = args.search.clone().map(|text| {
        TextFilter::Operators(TextOperators { contains: Some(text), ..TextOperators::default() })
    });
    let search = name.map(|name| SearchFilter { name: Some(name), ..SearchFilter::default() });
    let mut all: Vec<IdentityMembership> = Vec::new();
    let mut total = i64::MAX;
    while count(all.len()) < total.min(args.limit) {
        let offset = count(all.len());
        let limit = Some(PAGE.min(args.limit - offset));
        let input = SearchIdentities {
            search: search.clone(),
            limit,
            offset: Some(offset),
            ..SearchIdentities::default()
        };
        let page = client.search_identities(&input).await?;
        total = if page.identities.is_empty() { 0 } else { page.total_count };
        all.extend(page.identities);
    }
    printer.show(args.call.format(), &all, || {
        let rows: Vec<_> = all.iter().map(row).collect();
        table::print(printer, ["NAME", "ID", "ROLE", "METHODS", "LAST LOGIN"], &rows)?;
        more(printer, rows.len(), total);
        Ok(())
    })
}

async fn list_of_project(
    args: &ListArgs,
    client: &Client,
    project_id: ProjectId,
    printer: &Printer,
) -> Outcome {
    let mut all: Vec<Identity> = Vec::new();
    let mut total = i64::MAX;
    while count(all.len()) < total.min(args.limit) {
        let offset = count(all.len());
        let limit = Some(PAGE.min(args.limit - offset));
        let input =
            ListProjectIdentities { project_id, offset: Some(offset), limit, search: args.search.clone() };
        let page = client.project_identities(&input).await?;
        total = if page.identities.is_empty() { 0 } else { page.total_count };
        all.extend(page.identities);
    }
    printer.show(args.call.format(), &all, || {
        let row = |one: &Identity| [printable(&one.name), one.id.to_string(), methods(&one.auth_methods)];
        let rows: Vec<_> = all.iter().map(row).collect();
        table::print(printer, ["NAME", "ID", "METHODS"], &rows)?;
        more(printer, rows.len(), total);
        Ok(())
    })
}

/// Says that the list does not end here.
fn more(printer: &Printer, shown: usize, total: i64) {
    if total > count(shown) {
        printer.note(format!("{shown} of {total}; --limit shows more"));
    }
}

fn row(one: &IdentityMembership) -> [String; 5] {
    [
        printable(&one.identity.name),
        one.identity_id.to_string(),
        role(one).to_owned(),
        methods(&one.identity.auth_methods),
        when(one.last_login_time),
    ]
}

/// The slug of the role in the organization.
fn role(one: &IdentityMembership) -> &str {
    one.custom_role.as_ref().map_or(&one.role, |role| &role.slug)
}

fn methods(all: &[String]) -> String {
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

pub(super) async fn show(args: ShowArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let id = names::identity(&client, &args.identity).await?;
    let identity = client.identity(id).await?;
    let projects = client.projects_of_identity(id).await?;
    let groups = groups(&client, id).await?;
    let all = json!({ "identity": identity, "projects": projects, "groups": groups });
    printer.show(args.call.format(), &all, || show_text(&identity, &projects, groups.as_deref(), printer))
}

/// The groups of an identity; `None` if the caller may not see groups, or the server does not list them.
async fn groups(client: &Client, id: IdentityId) -> Outcome<Option<Vec<JoinedGroup>>> {
    match client.groups_of_identity(id).await {
        Ok(groups) => Ok(Some(groups)),
        Err(error) if error.refusal().is_some_and(|refusal| matches!(refusal.status, 403 | 404)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn groups_text(groups: Option<&[JoinedGroup]>) -> String {
    match groups {
        None => "not shown to you".to_owned(),
        Some([]) => "none".to_owned(),
        Some(groups) => groups.iter().map(|one| one.group.group.slug.as_str()).collect::<Vec<_>>().join(", "),
    }
}

fn show_text(
    one: &IdentityMembership,
    projects: &[IdentityMember],
    groups: Option<&[JoinedGroup]>,
    printer: &Printer,
) -> Outcome {
    let pairs = one.metadata.iter().flatten();
    let metadata: Vec<_> = pairs.map(|entry| format!("{}={}", entry.key, entry.value)).collect();
    let seen = one.last_login_auth_method.as_ref().map(|method| format!(" by {method}")).unwrap_or_default();
    let locked = one.identity.active_lockout_auth_methods.as_deref().unwrap_or_default();
    printer.data(printer.styled(&printable(&one.identity.name), Style::Bold))?;
    for (what, text) in [
        ("id", one.identity_id.to_string()),
        ("role", role(one).to_owned()),
        ("methods", methods(&one.identity.auth_methods)),
        ("last login", format!("{}{seen}", when(one.last_login_time))),
        ("locked", if locked.is_empty() { "no".to_owned() } else { locked.join(", ") }),
        ("protected", if one.identity.has_delete_protection { "from deletion" } else { "no" }.to_owned()),
        ("metadata", if metadata.is_empty() { "none".to_owned() } else { printable(&metadata.join(", ")) }),
        ("groups", groups_text(groups)),
        ("made", when(Some(one.created_at))),
    ] {
        printer.data(format!("  {what:<12}{text}"))?;
    }
    if projects.is_empty() {
        printer.note("a member of no project");
        return Ok(());
    }
    let row = |member: &IdentityMember| {
        [printable(&member.project.name), member.project.slug.clone(), told(&member.roles)]
    };
    table::print(printer, ["PROJECT", "SLUG", "ROLES"], &projects.iter().map(row).collect::<Vec<_>>())
}

pub(super) async fn update(args: UpdateArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let metadata = metadata(args.metadata);
    if args.name.is_none() && args.role.is_none() && metadata.is_none() && args.delete_protection.is_none() {
        return Err(Failure::usage(
            "nothing to change: give --name, --role, --metadata or --delete-protection",
        ));
    }
    let client = args.call.client(file).await?;
    let identity_id = names::identity(&client, &args.identity).await?;
    let changed = match managed_by(&client, identity_id).await? {
        Some(_) if args.role.is_some() => {
            return Err(Failure::usage("`--role`: a project manages this identity")
                .hint("change its roles there with `vouchsafe member update`"));
        }
        Some(project_id) => {
            let input = UpdateProjectIdentity {
                project_id,
                identity_id,
                name: args.name,
                has_delete_protection: args.delete_protection,
                metadata,
            };
            client.update_project_identity(&input).await?
        }
        None => {
            let input = UpdateIdentity {
                identity_id,
                name: args.name,
                role: args.role,
                has_delete_protection: args.delete_protection,
                metadata,
            };
            client.update_identity(&input).await?
        }
    };
    printer.show(args.call.format(), &changed, || {
        printer.note(format!("changed the identity {}", printable(&changed.name)));
        Ok(())
    })
}

pub(super) async fn delete(args: DeleteArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let identity_id = names::identity(&client, &args.identity).await?;
    let name = client.identity(identity_id).await?.identity.name;
    args.yes.confirm(
        printer,
        &format!("the identity {} with its logins and tokens", printable(&name)),
        &name,
    )?;
    let deleted = match managed_by(&client, identity_id).await? {
        Some(project_id) => {
            client.delete_project_identity(ProjectIdentityPath { project_id, identity_id }).await?
        }
        None => client.delete_identity(identity_id).await?,
    };
    printer.show(args.call.format(), &deleted, || {
        printer.note(format!("deleted the identity {}", printable(&deleted.name)));
        Ok(())
    })
}

/// The project that manages an identity. Only memberships say so, and an identity that a project manages has one there.
async fn managed_by(
    client: &Client,
    identity: vouchsafe_domain::id::IdentityId,
) -> Outcome<Option<ProjectId>> {
    let projects = client.projects_of_identity(identity).await?;
    Ok(projects.into_iter().find_map(|member| member.identity.project_id))
}
