//! Rules that one member of a project has beside its roles.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use clap::{Args, Subcommand};
use vouchsafe_api::privileges::{
    CreatePrivilege, CreateUserPrivilege, ListPrivileges, ListUserPrivileges, Privilege,
};
use vouchsafe_client::Client;
use vouchsafe_domain::id::{IdentityId, MembershipId, ProjectId};

use super::super::admin::roles::TimeArgs;
use super::super::admin::{CallArgs, ProjectArgs, YesArgs, done, input, names, when};
use super::Who;
use super::list::user;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::table;

/// What to do about privileges.
#[derive(Subcommand)]
pub(crate) enum PrivilegeCommand {
    /// Give an identity or a person rules of its own
    #[command(after_help = "Examples:
  vouchsafe member privilege add deploy --rules rotate.yaml --project-id shop
  vouchsafe member privilege add user:ann@example.com --rules fix.json --for 2h --project-id shop")]
    Add(AddArgs),
    /// List the privileges of a member
    #[command(after_help = "Example:
  vouchsafe member privilege list deploy --project-id shop")]
    List(ListArgs),
    /// Take a privilege away
    #[command(after_help = "Example:
  vouchsafe member privilege remove deploy rotate --project-id shop")]
    Remove(RemoveArgs),
}

/// Flags of `vouchsafe member privilege add`.
#[derive(Args)]
pub(crate) struct AddArgs {
    /// Who: the id or name of an identity, or user:EMAIL
    #[arg(value_name = "WHO")]
    who: Who,
    /// File with the rules in JSON or YAML; - reads stdin
    #[arg(long, value_name = "FILE")]
    rules: String,
    /// Slug of the privilege [default: one is made up]
    #[arg(long, value_name = "SLUG")]
    slug: Option<String>,
    #[command(flatten)]
    time: TimeArgs,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe member privilege list`.
#[derive(Args)]
pub(crate) struct ListArgs {
    /// Who: the id or name of an identity, or user:EMAIL
    #[arg(value_name = "WHO")]
    who: Who,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe member privilege remove`.
#[derive(Args)]
pub(crate) struct RemoveArgs {
    /// Who: the id or name of an identity, or user:EMAIL
    #[arg(value_name = "WHO")]
    who: Who,
    /// Slug or id of the privilege
    #[arg(value_name = "PRIVILEGE")]
    privilege: String,
    #[command(flatten)]
    yes: YesArgs,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    call: CallArgs,
}

pub(super) async fn run(command: PrivilegeCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        PrivilegeCommand::Add(args) => add(args, file, printer).await,
        PrivilegeCommand::List(args) => list(args, file, printer).await,
        PrivilegeCommand::Remove(args) => remove(args, file, printer).await,
    }
}

/// Who has privileges, as the API names them.
enum Holder {
    Identity(ProjectId, IdentityId),
    User(MembershipId),
}

impl Holder {
    async fn of(client: &Client, project: ProjectId, who: &Who) -> Outcome<Self> {
        match who {
            Who::Identity(name) => Ok(Self::Identity(project, names::identity(client, name).await?)),
            Who::User(name) => Ok(Self::User(user(client, project, name).await?.id)),
            Who::Group(_) => Err(Failure::usage("groups have no privileges of their own")
                .hint("make a role with these rules, and give it to the group")),
        }
    }

    async fn privileges(&self, client: &Client) -> Outcome<Vec<Privilege>> {
        Ok(match *self {
            Self::Identity(project_id, identity_id) => {
                client.privileges(&ListPrivileges { identity_id, project_id }).await?
            }
            Self::User(project_membership_id) => {
                client.user_privileges(&ListUserPrivileges { project_membership_id }).await?
            }
        })
    }
}

async fn add(args: AddArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let permissions = input::rules(&args.rules)?;
    let time = args.time.privilege();
    let client = args.call.client(file).await?;
    let project = args.project.project(&client, file).await?;
    let made = match Holder::of(&client, project, &args.who).await? {
        Holder::Identity(project_id, identity_id) => {
            let input = CreatePrivilege { identity_id, project_id, slug: args.slug, permissions, time };
            client.create_privilege(&input).await?
        }
        Holder::User(project_membership_id) => {
            let input = CreateUserPrivilege { project_membership_id, slug: args.slug, permissions, time };
            client.create_user_privilege(&input).await?
        }
    };
    printer.show(args.call.format(), &made, || {
        done(printer, made.id, format!("{} has the privilege {}, {}", args.who, made.slug, until(&made)))
    })
}

/// For how long.
fn until(one: &Privilege) -> String {
    if one.is_temporary {
        format!("ends {}", when(one.temporary_access_end_time))
    } else {
        "for good".to_owned()
    }
}

async fn list(args: ListArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let project = args.project.project(&client, file).await?;
    let all = Holder::of(&client, project, &args.who).await?.privileges(&client).await?;
    printer.show(args.call.format(), &all, || {
        let row = |one: &Privilege| [one.slug.clone(), one.id.to_string(), until(one)];
        table::print(printer, ["SLUG", "ID", "FOR HOW LONG"], &all.iter().map(row).collect::<Vec<_>>())
    })
}

async fn remove(args: RemoveArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let project = args.project.project(&client, file).await?;
    let holder = Holder::of(&client, project, &args.who).await?;
    let all = holder.privileges(&client).await?;
    let is_meant = |one: &&Privilege| one.slug == args.privilege || one.id.to_string() == args.privilege;
    let found = all.iter().find(is_meant).ok_or_else(|| names::missing("privilege", &args.privilege))?;
    args.yes.confirm(printer, &format!("the privilege {} of {}", found.slug, args.who), &found.slug)?;
    let removed = match holder {
        Holder::Identity(..) => client.delete_privilege(found.id).await?,
        Holder::User(_) => client.delete_user_privilege(found.id).await?,
    };
    printer.show(args.call.format(), &removed, || {
        printer.note(format!("{} no longer has the privilege {}", args.who, found.slug));
        Ok(())
    })
}
