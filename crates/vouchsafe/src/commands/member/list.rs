//! Members of all kinds, shown in one way.

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use vouchsafe_api::common::Direction;
use vouchsafe_api::groups::{Group, GroupMembership, ProjectGroupPath};
use vouchsafe_api::identities::{IdentityMembership, SearchIdentities};
use vouchsafe_api::identity_members::{IdentityMember, IdentityMemberPath, ListIdentityMembers, MemberOrder};
use vouchsafe_api::org_members::OrgMembership;
use vouchsafe_api::project_users::{ProjectMembership, ProjectMembershipDetails};
use vouchsafe_api::roles::MemberRole;
use vouchsafe_client::Client;
use vouchsafe_domain::id::ProjectId;

use super::super::admin::{CallArgs, PlaceArgs, count, names, roles};
use super::Who;
use crate::failure::Outcome;
use crate::printer::{Printer, printable};
use crate::settings::FileSettings;

/// Most members that the server lists at once.
const PAGE: i64 = 100;

/// Flags of `vouchsafe member list`.
#[derive(Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    call: CallArgs,
}

/// A member, whatever it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Member {
    /// `user`, `identity` or `group`.
    kind: &'static str,
    name: String,
    id: String,
    membership_id: Option<String>,
    /// In a project as the API has them, in the organization the slug of the only one.
    roles: Vec<Value>,
    #[serde(skip)]
    told: String,
}

impl Member {
    fn in_project(
        kind: &'static str,
        name: String,
        id: String,
        membership_id: String,
        given: &[MemberRole],
    ) -> Self {
        let told = roles::told(given);
        let roles = given.iter().map(|role| json!(role)).collect();
        Self { kind, name, id, membership_id: Some(membership_id), roles, told }
    }

    fn in_organization(
        kind: &'static str,
        name: String,
        id: String,
        membership: Option<String>,
        role: &str,
    ) -> Self {
        let roles = vec![json!({ "role": role })];
        Self { kind, name, id, membership_id: membership, roles, told: role.to_owned() }
    }

    /// The roles on one line.
    pub(super) fn roles(&self) -> &str {
        if self.told.is_empty() { "no role" } else { &self.told }
    }

    /// Somebody in a project, or else in the organization.
    pub(super) async fn read(client: &Client, place: Option<ProjectId>, who: &Who) -> Outcome<Self> {
        match place {
            Some(project) => Self::of_project(client, project, who).await,
            None => Self::of_organization(client, who).await,
        }
    }

    /// Somebody in a project.
    pub(super) async fn of_project(client: &Client, project_id: ProjectId, who: &Who) -> Outcome<Self> {
        Ok(match who {
            Who::Identity(name) => {
                let identity_id = names::identity(client, name).await?;
                client.identity_member(IdentityMemberPath { project_id, identity_id }).await?.into()
            }
            Who::User(name) => user(client, project_id, name).await?.into(),
            Who::Group(name) => {
                let group_id = names::group(client, name).await?.to_string();
                client.project_group(&ProjectGroupPath { project_id, group_id }).await?.into()
            }
        })
    }

    async fn of_organization(client: &Client, who: &Who) -> Outcome<Self> {
        Ok(match who {
            Who::Identity(name) => client.identity(names::identity(client, name).await?).await?.into(),
            Who::User(name) => names::user(client, name).await?.into(),
            Who::Group(name) => client.group(names::group(client, name).await?).await?.into(),
        })
    }
}

/// The membership of a person in a project.
pub(super) async fn user(client: &Client, project_id: ProjectId, name: &str) -> Outcome<ProjectMembership> {
    let username = name.trim().to_owned();
    Ok(client.project_user(&ProjectMembershipDetails { project_id, username }).await?)
}

impl From<IdentityMember> for Member {
    fn from(one: IdentityMember) -> Self {
        let (id, membership) = (one.identity_id.to_string(), one.id.to_string());
        Self::in_project("identity", one.identity.name, id, membership, &one.roles)
    }
}

impl From<ProjectMembership> for Member {
    fn from(one: ProjectMembership) -> Self {
        let (id, membership) = (one.user_id.to_string(), one.id.to_string());
        Self::in_project("user", one.user.username, id, membership, &one.roles)
    }
}

impl From<GroupMembership> for Member {
    fn from(one: GroupMembership) -> Self {
        let (id, membership) = (one.group_id.to_string(), one.id.to_string());
        Self::in_project("group", one.group.name, id, membership, &one.roles)
    }
}

impl From<IdentityMembership> for Member {
    fn from(one: IdentityMembership) -> Self {
        let role = one.custom_role.as_ref().map_or(&one.role, |role| &role.slug);
        let (id, membership) = (one.identity_id.to_string(), Some(one.id.to_string()));
        Self::in_organization("identity", one.identity.name.clone(), id, membership, role)
    }
}

impl From<OrgMembership> for Member {
    fn from(one: OrgMembership) -> Self {
        let (id, membership) = (one.user_id.to_string(), Some(one.id.to_string()));
        Self::in_organization("user", one.user.username, id, membership, &one.role)
    }
}

impl From<Group> for Member {
    fn from(one: Group) -> Self {
        let role = one.custom_role_slug.as_deref().unwrap_or(&one.role);
        Self::in_organization("group", one.name.clone(), one.id.to_string(), None, role)
    }
}

pub(super) async fn run(args: ListArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.call.client(file).await?;
    let members = match args.place.project(&client).await? {
        Some(project) => of_project(&client, project).await?,
        None => of_organization(&client).await?,
    };
    printer.show(args.call.format(), &members, || table(&members, printer))
}

/// Members as people read them.
pub(super) fn table(members: &[Member], printer: &Printer) -> Outcome {
    let row =
        |one: &Member| [one.kind.to_owned(), printable(&one.name), one.id.clone(), one.roles().to_owned()];
    crate::table::print(
        printer,
        ["KIND", "NAME", "ID", "ROLES"],
        &members.iter().map(row).collect::<Vec<_>>(),
    )
}

async fn of_project(client: &Client, project_id: ProjectId) -> Outcome<Vec<Member>> {
    let mut all: Vec<Member> =
        client.project_users(project_id).await?.into_iter().map(Member::from).collect();
    let mut offset = 0;
    loop {
        let input = ListIdentityMembers {
            project_id,
            offset: Some(offset),
            limit: Some(PAGE),
            order_by: MemberOrder::Name,
            order_direction: Direction::Asc,
            search: None,
            identity_name: None,
            roles: None,
        };
        let page = client.identity_members(&input).await?;
        offset += count(page.identity_memberships.len());
        let is_last = page.identity_memberships.is_empty() || offset >= page.total_count;
        all.extend(page.identity_memberships.into_iter().map(Member::from));
        if is_last {
            break;
        }
    }
    all.extend(client.project_groups(project_id).await?.into_iter().map(Member::from));
    Ok(all)
}

async fn of_organization(client: &Client) -> Outcome<Vec<Member>> {
    let users = client.org_users(names::organization(client).await?).await?;
    let mut all: Vec<Member> = users.into_iter().map(Member::from).collect();
    let mut offset = 0;
    loop {
        let input =
            SearchIdentities { offset: Some(offset), limit: Some(PAGE), ..SearchIdentities::default() };
        let page = client.search_identities(&input).await?;
        offset += count(page.identities.len());
        let is_last = page.identities.is_empty() || offset >= page.total_count;
        all.extend(page.identities.into_iter().map(Member::from));
        if is_last {
            break;
        }
    }
    all.extend(client.groups().await?.into_iter().map(Member::from));
    Ok(all)
}
