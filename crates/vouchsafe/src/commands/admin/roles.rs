//! Roles that are given: which, and for how long.

use clap::Args;
use vouchsafe_api::privileges::PrivilegeTime;
use vouchsafe_api::roles::{MemberRole, RoleInput};
use vouchsafe_domain::time::Timestamp;

use super::input::range;
use super::{now, when};
use crate::failure::{Failure, Outcome};

/// For how long something is given.
#[derive(Args, Clone)]
pub(crate) struct TimeArgs {
    /// Only for this long from now, such as 30m, 2h or 7d
    #[arg(long = "for", value_name = "TIME", value_parser = range)]
    pub(crate) time: Option<String>,
}

impl TimeArgs {
    /// The same as the API takes it for privileges.
    pub(crate) fn privilege(&self) -> Option<PrivilegeTime> {
        let range = self.time.clone()?;
        Some(PrivilegeTime {
            is_temporary: Some(true),
            temporary_mode: Some("relative".to_owned()),
            temporary_range: Some(range),
            temporary_access_start_time: Some(now().to_string()),
        })
    }
}

/// Which roles are given.
#[derive(Args, Clone)]
pub(crate) struct RoleArgs {
    /// Slug of a role; may be repeated in projects
    #[arg(long = "role", value_name = "SLUG")]
    roles: Vec<String>,
    #[command(flatten)]
    pub(crate) time: TimeArgs,
}

impl RoleArgs {
    /// Whether none is given.
    pub(crate) fn is_empty(&self) -> bool {
        self.roles.is_empty()
    }

    /// The only role, for good: that is how the organization gives them.
    pub(crate) fn only(&self) -> Outcome<Option<String>> {
        match (self.roles.as_slice(), &self.time.time) {
            (_, Some(_)) => Err(Failure::usage("`--for`: roles in the organization do not end")
                .hint("name a project with --project-id, where they can")),
            ([_, _, ..], _) => Err(Failure::usage("`--role`: in the organization everybody has one role")),
            (roles, None) => Ok(roles.first().cloned()),
        }
    }

    /// As the API takes them.
    pub(crate) fn given(&self) -> Vec<RoleInput> {
        let starts = now().to_string();
        let one = |role: &String| RoleInput {
            role: role.clone(),
            is_temporary: Some(self.time.time.is_some()),
            temporary_mode: self.time.time.as_ref().map(|_| "relative".to_owned()),
            temporary_range: self.time.time.clone(),
            temporary_access_start_time: self.time.time.as_ref().map(|_| starts.clone()),
        };
        self.roles.iter().map(one).collect()
    }

    /// What a member has after a change: the given roles, and with `--for` also those that it has for good or still has.
    pub(crate) fn instead_of(&self, held: &[MemberRole]) -> Vec<RoleInput> {
        let mut roles = self.given();
        if self.time.time.is_some() {
            let at = now();
            roles.extend(held.iter().filter(|role| is_held(role, at)).map(again));
        }
        roles
    }
}

fn is_held(role: &MemberRole, at: Timestamp) -> bool {
    !role.is_temporary || role.temporary_access_end_time.is_none_or(|end| end > at)
}

/// A role that is held, to be given again as it is.
fn again(role: &MemberRole) -> RoleInput {
    RoleInput {
        role: slug(role).to_owned(),
        is_temporary: Some(role.is_temporary),
        temporary_mode: role.temporary_mode.clone(),
        temporary_range: role.temporary_range.clone(),
        temporary_access_start_time: role.temporary_access_start_time.map(|at| at.to_string()),
    }
}

/// The slug by which a role is given.
fn slug(role: &MemberRole) -> &str {
    role.custom_role_slug.as_deref().unwrap_or(&role.role)
}

/// Roles on one line, and when those that are temporary end.
pub(crate) fn told(roles: &[MemberRole]) -> String {
    let one = |role: &MemberRole| {
        if role.is_temporary {
            format!("{} (ends {})", slug(role), when(role.temporary_access_end_time))
        } else {
            slug(role).to_owned()
        }
    };
    roles.iter().map(one).collect::<Vec<_>>().join(", ")
}
