//! `vouchsafe member`: who has which role, in the organization and in projects.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

mod list;
mod organization;
mod privilege;
mod project;

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use clap::{Args, Subcommand};

use super::admin::roles::RoleArgs;
use super::admin::{CallArgs, PlaceArgs, YesArgs};
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::settings::FileSettings;

/// What to do about members.
#[derive(Subcommand)]
pub(crate) enum MemberCommand {
    /// Give somebody a place in a project, or invite a person into the organization
    #[command(after_help = "Examples:
  vouchsafe member add deploy --project-id shop --role viewer --role deployer
  vouchsafe member add user:ann@example.com --project-id shop --role admin --for 2h
  vouchsafe member add group:platform --project-id shop --role viewer
  vouchsafe member add user:ben@example.com --role member")]
    Add(RolesArgs),
    /// List people, identities and groups with their roles
    #[command(after_help = "Examples:
  vouchsafe member list
  vouchsafe member list --project-id shop -o json")]
    List(list::ListArgs),
    /// Show the roles of one member
    #[command(after_help = "Example:
  vouchsafe member show deploy --project-id shop")]
    Show(WhoArgs),
    /// Replace the roles of a member; with --for, give it roles for a time beside those that it has
    #[command(after_help = "Examples:
  vouchsafe member update deploy --project-id shop --role viewer
  vouchsafe member update user:ann@example.com --project-id shop --role admin --for 2h
  vouchsafe member update user:ann@example.com --role admin")]
    Update(RolesArgs),
    /// Take a member out of a project, or a person out of the organization
    #[command(after_help = "Examples:
  vouchsafe member remove deploy --project-id shop --yes
  vouchsafe member remove user:ann@example.com")]
    Remove(RemoveArgs),
    /// Rules that one member of a project has beside its roles
    #[command(subcommand)]
    Privilege(privilege::PrivilegeCommand),
}

/// Flags of `vouchsafe member add` and `update`.
#[derive(Args)]
pub(crate) struct RolesArgs {
    /// Who: the id or name of an identity, or user:EMAIL, or group:NAME
    #[arg(value_name = "WHO")]
    who: Who,
    #[command(flatten)]
    roles: RoleArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe member show`.
#[derive(Args)]
pub(crate) struct WhoArgs {
    /// Who: the id or name of an identity, or user:EMAIL, or group:NAME
    #[arg(value_name = "WHO")]
    who: Who,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Flags of `vouchsafe member remove`.
#[derive(Args)]
pub(crate) struct RemoveArgs {
    /// Who: the id or name of an identity, or user:EMAIL, or group:NAME
    #[arg(value_name = "WHO")]
    who: Who,
    #[command(flatten)]
    yes: YesArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// Somebody, by name or id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Who {
    Identity(String),
    User(String),
    Group(String),
}

impl FromStr for Who {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.split_once(':') {
            Some(("user", name)) => Self::User(name.to_owned()),
            Some(("group", name)) => Self::Group(name.to_owned()),
            Some(("identity", name)) => Self::Identity(name.to_owned()),
            _ => Self::Identity(text.to_owned()),
        })
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity(name) => write!(f, "{name}"),
            Self::User(name) => write!(f, "user:{name}"),
            Self::Group(name) => write!(f, "group:{name}"),
        }
    }
}

/// Administers members.
pub(super) async fn run(command: MemberCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        MemberCommand::Add(args) => add(args, file, printer).await,
        MemberCommand::List(args) => list::run(args, file, printer).await,
        MemberCommand::Show(args) => show(args, file, printer).await,
        MemberCommand::Update(args) => update(args, file, printer).await,
        MemberCommand::Remove(args) => remove(args, file, printer).await,
        MemberCommand::Privilege(command) => privilege::run(command, file, printer).await,
    }
}

async fn add(args: RolesArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let format = args.call.format();
    let Some(id) = args.place.project(&client).await? else {
        return organization::invite(&client, &args.who, args.roles.only()?, format, printer).await;
    };
    project::add(&client, id, &args.who, &args.roles).await?;
    let member = list::Member::of_project(&client, id, &args.who).await?;
    printer.show(format, &member, || {
        printer.note(format!("{} is a member with {}", args.who, member.roles()));
        Ok(())
    })
}

async fn show(args: WhoArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let member = list::Member::read(&client, args.place.project(&client).await?, &args.who).await?;
    printer.show(args.call.format(), &member, || list::table(std::slice::from_ref(&member), printer))
}

async fn update(args: RolesArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    if args.roles.is_empty() {
        return Err(Failure::usage("`--role`: not given"));
    }
    let client = args.call.client(file).await?;
    let place = args.place.project(&client).await?;
    match place {
        Some(id) => project::update(&client, id, &args.who, &args.roles).await?,
        None => organization::update(&client, &args.who, args.roles.only()?).await?,
    }
    let member = list::Member::read(&client, place, &args.who).await?;
    printer.show(args.call.format(), &member, || {
        printer.note(format!("{} has {} now", args.who, member.roles()));
        Ok(())
    })
}

async fn remove(args: RemoveArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let place = args.place.project(&client).await?;
    let member = list::Member::read(&client, place, &args.who).await?;
    let what = if place.is_some() { "the membership of" } else { "the membership, here and in projects, of" };
    args.yes.confirm(printer, &format!("{what} {}", args.who), &args.who.to_string())?;
    match place {
        Some(id) => project::remove(&client, id, &args.who).await?,
        None => organization::remove(&client, &args.who).await?,
    }
    printer.show(args.call.format(), &member, || {
        printer.note(format!("{} is no longer a member", args.who));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_named_as_in_other_commands() {
        let who = |text: &str| text.parse::<Who>().unwrap();
        assert_eq!(who("deploy"), Who::Identity("deploy".to_owned()));
        assert_eq!(who("identity:a:b"), Who::Identity("a:b".to_owned()));
        assert_eq!(who("user:ann@example.com"), Who::User("ann@example.com".to_owned()));
        assert_eq!(who("group:x").to_string(), "group:x");
        assert_eq!(who("odd:name"), Who::Identity("odd:name".to_owned()));
    }
}
