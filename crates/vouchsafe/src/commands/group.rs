//! `vouchsafe group`: groups of people and identities.

use clap::{Args, Subcommand};
use serde_json::json;
use vouchsafe_api::groups::{
    CreateGroup, Group, GroupIdentityPath, GroupMember, GroupUserPath, ListGroup, UpdateGroup,
};
use vouchsafe_client::Client;
use vouchsafe_domain::id::GroupId;

use super::admin::{CallArgs, YesArgs, count, done, names, when};
use super::member::Who;
use crate::failure::{Failure, Outcome};
use crate::printer::{Printer, Style, printable};
use crate::settings::FileSettings;
use crate::table;

/// Most members that the server lists at once.
const PAGE: i64 = 100;

/// What to do about groups.
#[derive(Subcommand)]
pub(crate) enum GroupCommand {
    /// Make a group
    #[command(after_help = "Example:
  vouchsafe group create Platform --slug platform --role no-access")]
    Create(CreateArgs),
    /// List the groups of the organization
    #[command(after_help = "Example:
  vouchsafe group list")]
    List(ListArgs),
    /// Show a group, who is in it, and its projects
    #[command(after_help = "Example:
  vouchsafe group show platform")]
    Show(ShowArgs),
    /// Change a group
    #[command(after_help = "Example:
  vouchsafe group update platform --name 'Platform team'")]
    Update(UpdateArgs),
    /// Delete a group; those in it lose what it gave them
    #[command(after_help = "Example:
  vouchsafe group delete platform --yes")]
    Delete(DeleteArgs),
    /// Put somebody into a group
    #[command(after_help = "Examples:
  vouchsafe group add platform user:ann@example.com
  vouchsafe group add platform deploy backup")]
    Add(WithArgs),
    /// Take somebody out of a group
    #[command(after_help = "Example:
  vouchsafe group remove platform user:ann@example.com")]
    Remove(WithArgs),
}

/// Flags of `vouchsafe group create`.
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// Name of the group
    #[arg(value_name = "NAME")]
    name: String,
    /// Its slug [default: made from the name]
    #[arg(long, value_name = "SLUG")]
    slug: Option<String>,
    /// Slug of the role that it gives in the organization [default: no-access]
    #[arg(long, value_name = "SLUG")]
    role: Option<String>,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe group list`.
#[derive(Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe group show`.
#[derive(Args)]
pub(crate) struct ShowArgs {
    /// Group: its id, slug or name
    #[arg(value_name = "GROUP")]
    group: String,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe group update`.
#[derive(Args)]
pub(crate) struct UpdateArgs {
    /// Group: its id, slug or name
    #[arg(value_name = "GROUP")]
    group: String,
    /// New name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// New slug
    #[arg(long, value_name = "SLUG")]
    slug: Option<String>,
    /// Slug of the role that it gives in the organization
    #[arg(long, value_name = "SLUG")]
    role: Option<String>,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe group delete`.
#[derive(Args)]
pub(crate) struct DeleteArgs {
    /// Group: its id, slug or name
    #[arg(value_name = "GROUP")]
    group: String,
    #[command(flatten)]
    yes: YesArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe group add` and `remove`.
#[derive(Args)]
pub(crate) struct WithArgs {
    /// Group: its id, slug or name
    #[arg(value_name = "GROUP")]
    group: String,
    /// Who: the id or name of an identity, or user:EMAIL
    #[arg(value_name = "WHO", required = true)]
    who: Vec<Who>,
    #[command(flatten)]
    call: CallArgs,
}

/// Administers groups.
pub(super) async fn run(command: GroupCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        GroupCommand::Create(args) => create(args, file, printer).await,
        GroupCommand::List(args) => list(args, file, printer).await,
        GroupCommand::Show(args) => show(args, file, printer).await,
        GroupCommand::Update(args) => update(args, file, printer).await,
        GroupCommand::Delete(args) => delete(args, file, printer).await,
        GroupCommand::Add(args) => change(args, true, file, printer).await,
        GroupCommand::Remove(args) => change(args, false, file, printer).await,
    }
}

/// The slug of the role that a group gives in the organization.
fn role(group: &Group) -> &str {
    group.custom_role_slug.as_deref().unwrap_or(&group.role)
}

async fn create(args: CreateArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let input = CreateGroup { name: args.name, slug: args.slug, role: args.role };
    let made = args.call.client(file).await?.create_group(&input).await?;
    printer.show(args.call.format(), &made, || {
        done(printer, made.id, format!("made the group {} ({})", printable(&made.name), made.slug))
    })
}

async fn list(args: ListArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let groups = args.call.client(file).await?.groups().await?;
    printer.show(args.call.format(), &groups, || {
        let row =
            |one: &Group| [printable(&one.name), one.slug.clone(), one.id.to_string(), role(one).to_owned()];
        table::print(printer, ["NAME", "SLUG", "ID", "ROLE"], &groups.iter().map(row).collect::<Vec<_>>())
    })
}

async fn members(client: &Client, group_id: GroupId) -> Outcome<Vec<GroupMember>> {
    let mut all: Vec<GroupMember> = Vec::new();
    loop {
        let mut input = page_of(group_id);
        input.offset = Some(count(all.len()));
        let page = client.group_members(&input).await?;
        let is_last = page.members.is_empty() || count(all.len() + page.members.len()) >= page.total_count;
        all.extend(page.members);
        if is_last {
            return Ok(all);
        }
    }
}

fn page_of(group_id: GroupId) -> ListGroup {
    ListGroup { group_id, offset: None, limit: Some(PAGE), username: None, search: None, filter: None }
}

async fn show(args: ShowArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let id = names::group(&client, &args.group).await?;
    let group = client.group(id).await?;
    let members = members(&client, id).await?;
    let projects = client.group_projects(&page_of(id)).await?;
    let all = json!({ "group": group, "members": members, "projects": projects });
    printer.show(args.call.format(), &all, || {
        printer.data(printer.styled(&format!("{} ({})", printable(&group.name), group.slug), Style::Bold))?;
        printer.data(format!("  id        {}", group.id))?;
        printer.data(format!("  role      {}", role(&group)))?;
        let slugs: Vec<_> = projects.iter().map(|project| project.slug.as_str()).collect();
        printer.data(format!(
            "  projects  {}",
            if slugs.is_empty() { "none".to_owned() } else { slugs.join(", ") }
        ))?;
        table::print(printer, ["KIND", "WHO", "SINCE"], &members.iter().map(row).collect::<Vec<_>>())
    })
}

fn row(member: &GroupMember) -> [String; 3] {
    let (kind, name) = match (&member.user, &member.machine_identity) {
        (Some(user), _) => ("user", user.username.as_str()),
        (None, Some(identity)) => ("identity", identity.name.as_str()),
        (None, None) => (member.kind.as_str(), member.id.as_str()),
    };
    [kind.to_owned(), printable(name), when(member.joined_group_at)]
}

async fn update(args: UpdateArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    if args.name.is_none() && args.slug.is_none() && args.role.is_none() {
        return Err(Failure::usage("nothing to change: give --name, --slug or --role"));
    }
    let client = args.call.client(file).await?;
    let group_id = names::group(&client, &args.group).await?;
    let input = UpdateGroup { group_id, name: args.name, slug: args.slug, role: args.role };
    let changed = client.update_group(&input).await?;
    printer.show(args.call.format(), &changed, || {
        printer.note(format!("changed the group {}", printable(&changed.name)));
        Ok(())
    })
}

async fn delete(args: DeleteArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let group = client.group(names::group(&client, &args.group).await?).await?;
    args.yes.confirm(printer, &format!("the group {}", printable(&group.name)), &group.slug)?;
    let deleted = client.delete_group(group.id).await?;
    printer.show(args.call.format(), &deleted, || {
        printer.note(format!("deleted the group {}", printable(&deleted.name)));
        Ok(())
    })
}

/// Puts somebody into a group, or takes somebody out.
async fn change(args: WithArgs, into: bool, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let group_id = names::group(&client, &args.group).await?;
    for who in &args.who {
        match who {
            Who::Identity(name) => {
                let which =
                    GroupIdentityPath { group_id, identity_id: names::identity(&client, name).await? };
                if into {
                    client.add_group_identity(which).await?;
                } else {
                    client.remove_group_identity(which).await?;
                }
            }
            Who::User(name) => {
                let username = names::user(&client, name).await?.user.username;
                let which = GroupUserPath { group_id, username };
                if into {
                    client.add_group_user(&which).await?;
                } else {
                    client.remove_group_user(&which).await?;
                }
            }
            Who::Group(_) => return Err(Failure::usage("a group cannot be in a group")),
        }
        let what = if into { "is in the group now" } else { "is no longer in the group" };
        printer.note(format!("{who} {what}"));
    }
    if args.call.format().is_none() {
        return Ok(());
    }
    let members = members(&client, group_id).await?;
    printer.show(args.call.format(), &members, || Ok(()))
}
