//! Who is asked about, and what they hold where.

use std::collections::BTreeMap;

use vouchsafe_api::access::{FoundRule, MemberBrief, RuleSource, Somebody};
use vouchsafe_domain::id::{OrgId, ProjectId};
use vouchsafe_policy::{Decider, GrantSource, Level};
use vouchsafe_store::{Holder, MemberRef, RoleScope};

use crate::access::{org_holdings, template_values};
use crate::grants::Holdings;
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};
use crate::http::project_roles::rule;

/// Where it is asked about.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) org: OrgId,
    pub(super) project: Option<ProjectId>,
    /// Whether the caller may ask in the whole organization.
    everywhere: bool,
}

impl Place {
    /// The place that a request names, if the caller may ask there.
    pub(super) async fn of(cx: &Cx, project: Option<ProjectId>) -> ApiResult<Self> {
        let everywhere = cx.either(project).await?;
        Ok(Self { org: cx.org()?, project, everywhere })
    }

    pub(super) fn level(self) -> Level {
        if self.project.is_some() { Level::Project } else { Level::Organization }
    }

    pub(super) fn roles(self) -> RoleScope {
        match self.project {
            Some(project) => RoleScope::Project(self.org, project),
            None => RoleScope::Organization(self.org),
        }
    }

    /// At most so many members of the place, after a cursor.
    pub(super) async fn members(self, cx: &Cx, after: &str, limit: i64) -> ApiResult<Vec<Holder>> {
        let store = &cx.app.store;
        Ok(match self.project {
            Some(project) => store.project_holders(self.org, project, after, limit).await?,
            None => store.org_holders(self.org, after, limit).await?,
        })
    }

    /// What somebody holds there, whenever that is, and whether they are a member at all. Who may only ask in the
    /// project learns nothing about others.
    pub(super) async fn held_by(self, cx: &Cx, member: MemberRef) -> ApiResult<(Holdings, bool)> {
        let store = &cx.app.store;
        let Some(project) = self.project else {
            return Ok((org_holdings(store, self.org, member).await?, true));
        };
        let found = store.project_grants(project, member).await?;
        if !found.is_member && !self.everywhere {
            return Err(nobody());
        }
        let holdings = Holdings::read(Level::Project, found.grants)?;
        if !holdings.templates().identity {
            return Ok((holdings, found.is_member));
        }
        Ok((holdings.filled_with(template_values(store, member).await?), found.is_member))
    }
}

/// The one that is named, in the caller's organization. `field` is where they are named in the request.
pub(super) async fn named(cx: &Cx, who: Somebody, field: &str) -> ApiResult<Holder> {
    let named = [
        who.identity_id.map(MemberRef::Identity),
        who.user_id.map(MemberRef::User),
        who.group_id.map(MemberRef::Group),
    ];
    let mut named = named.into_iter().flatten();
    let (Some(member), None) = (named.next(), named.next()) else {
        return Err(ApiError::invalid(field, "Expected one of identityId, userId and groupId"));
    };
    let found = cx.app.store.holder(cx.org()?, member).await?;
    found.ok_or_else(nobody)
}

fn nobody() -> ApiError {
    ApiError::not_found("Nobody with this ID is a member here")
}

/// The same, with what a login would prove.
pub(super) async fn with_login(
    cx: &Cx,
    holdings: Holdings,
    member: MemberRef,
    login: Option<BTreeMap<String, String>>,
) -> ApiResult<Holdings> {
    let Some(login) = login.filter(|login| !login.is_empty()) else { return Ok(holdings) };
    if login.len() > 100 || login.iter().any(|(path, value)| path.len() > 200 || value.len() > 1024) {
        return Err(ApiError::invalid("login", "Expected at most 100 values of at most 1024 bytes"));
    }
    let values = template_values(&cx.app.store, member).await?;
    Ok(holdings
        .filled_with(login.into_iter().fold(values, |values, (path, value)| values.login(path, value))))
}

pub(super) fn brief(holder: &Holder) -> MemberBrief {
    let (kind, id) = match holder.member {
        MemberRef::Identity(id) => ("identity", id.to_string()),
        MemberRef::User(id) => ("user", id.to_string()),
        MemberRef::Group(id) => ("group", id.to_string()),
    };
    MemberBrief { kind: kind.to_owned(), id, name: holder.name.clone() }
}

/// A rule and where it stands, as clients see it.
pub(super) fn found(decider: &Decider) -> FoundRule {
    let (kind, slug, group) = match decider.source.as_ref() {
        GrantSource::Role { slug } => ("role", slug, None),
        GrantSource::GroupRole { group, slug } => ("group", slug, Some(group.clone())),
        GrantSource::Privilege { slug } => ("privilege", slug, None),
    };
    FoundRule {
        source: RuleSource { kind: kind.to_owned(), slug: slug.clone(), group },
        index: decider.index,
        rule: rule(&decider.rule),
    }
}
