//! The only place with SQL: one module per aggregate, each statement written once for `SQLite` and
//! `PostgreSQL`, one unit of work per change.
//!
//! Reads are methods of [`Store`], changes are methods of [`Change`], which is opened with a permit
//! and commits a change together with its audit events.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod activity;
mod audit;
mod auth_methods;
mod change;
mod client_secrets;
mod denials;
mod documents;
mod engine;
mod environments;
mod error;
mod expiring;
mod folders;
mod gates;
mod grants;
mod groups;
mod holders;
mod identities;
mod identity_members;
mod imports;
mod instance;
mod invitations;
mod lockouts;
mod logins;
mod members;
mod migrate;
mod open;
mod org_members;
mod organizations;
#[cfg(test)]
mod plan;
mod privileges;
mod projects;
mod purge;
mod replicas;
mod roles;
mod secret_versions;
mod secrets;
mod sessions;
mod snapshots;
mod tags;
mod tokens;
mod topics;
mod user_members;
mod users;
mod writer;

pub use activity::{EventCount, LoginCounts, MOST_EVENTS_COUNTED, MOST_REFUSALS_COUNTED, Steps};
pub use audit::{AuditEvent, AuditFilter};
pub use auth_methods::{AuthMethod, AuthMethodParts, FIRST_SOURCE, MOST_SOURCES, NewAuthMethod, SourceOfOrg};
pub use change::{Author, Change};
pub use client_secrets::{ClientSecret, NewClientSecret};
pub use denials::{Denial, DenialFilter, MOST_DENIALS};
pub use environments::Environment;
pub use error::{StoreError, StoreResult};
pub use expiring::ExpiringCredential;
pub use folders::{EnvironmentRef, Folder, MOST_FOLDERS};
pub use gates::{IdentityGate, MembershipGate, MethodGate, Revoked, UserGate};
pub use grants::{CustomRules, HeldGrant, ProjectGrants, Through};
pub use groups::{
    Group, GroupCandidate, GroupMember, GroupMemberKind, GroupParts, GroupProject, JoinedGroup, MOST_GROUPS,
};
pub use holders::Holder;
pub use identities::{
    Identity, IdentityFilter, IdentityMatch, IdentityOrder, InState, ManagedBy, Metadata, NewIdentity, Page,
    VisibleRoles,
};
pub use identity_members::{IdentityMember, IdentityMemberFilter, ProjectBrief};
pub use imports::Import;
pub use instance::InstanceKey;
pub use invitations::Invitation;
pub use logins::{Attempt, ClientCredential, Credential, Login, ProofResult, Refusal};
pub use members::{Member, MemberRef, NewRole, RoleEntry, TemporaryRole};
pub use open::{Database, OpenError, Store};
pub use org_members::{OrgMember, UserOrganization};
pub use organizations::Organization;
pub use privileges::{MOST_PRIVILEGES, Privilege, PrivilegeParts};
pub use projects::{NewProject, Project, ProjectSettings};
pub use roles::{Assignments, CUSTOM, CustomRole, MOST_ROLES, NewRoleRef, Role, RoleParts, RoleScope};
pub use secret_versions::SecretVersion;
pub use secrets::{SecretPlace, SecretRow, TagRef};
pub use sessions::Session;
pub use snapshots::{FolderSnapshot, FolderTree, MOST_BYTES, MOST_SECRETS};
pub use tags::Tag;
pub use tokens::Token;
pub use topics::{Generations, Topic};
pub use user_members::ProjectUser;
pub use users::{FailedLogin, NewUser, SignIn, User};
