//! How people call those whose ids are in the audit trail.

use std::collections::{BTreeSet, HashMap};

use vouchsafe_api::audit_logs::AuditLog;
use vouchsafe_api::identities::IdentityMembershipReply;
use vouchsafe_api::org_members::OrgMembershipList;
use vouchsafe_policy::org;

use super::words;
use crate::api::{Refused, path};
use crate::visit::Visit;

/// So many identities at most are looked up for one page; the others are shown by id.
const MOST_LOOKED_UP: usize = 10;

/// A name, and where there is more.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) link: Option<String>,
}

impl Named {
    pub(super) fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), link: None }
    }
}

/// The names of a page of events.
pub(super) struct Names {
    people: HashMap<String, Named>,
    identities: HashMap<String, String>,
    may_open_identities: bool,
}

/// Id of the user or identity that did it; empty for the system.
pub(super) fn actor(log: &AuditLog) -> &str {
    let field = if log.actor.kind == "user" { "userId" } else { "identityId" };
    log.actor.metadata[field].as_str().unwrap_or_default()
}

/// Id of the identity that an event is about, unless its details name what it is about better.
pub(super) fn target(log: &AuditLog) -> Option<&str> {
    let detail = &log.event.metadata;
    detail["identityId"].as_str().filter(|id| !id.is_empty() && words::about(detail).is_none())
}

impl Names {
    /// Reads what the person may read of those who are in these events.
    pub(super) async fn of(visit: &Visit, logs: &[AuditLog]) -> Result<Self, Refused> {
        let may_open_identities = visit.may(org::IDENTITY_READ);
        let mut identities: HashMap<String, String> = HashMap::new();
        for log in logs {
            if let Some(name) = log.event.metadata["identityName"].as_str() {
                identities.entry(actor(log).to_owned()).or_insert_with(|| name.to_owned());
            }
        }
        if may_open_identities {
            // Reading an identity of a project may be refused, which would be recorded.
            let here = || logs.iter().filter(|log| log.project_id.is_none());
            let acting = here().filter(|log| log.actor.kind == "identity").map(actor);
            let all: BTreeSet<&str> = acting.chain(here().filter_map(target)).collect();
            let unknown = all.into_iter().filter(|id| !id.is_empty() && !identities.contains_key(*id));
            let unknown: Vec<String> = unknown.take(MOST_LOOKED_UP).map(str::to_owned).collect();
            for id in unknown {
                // Deleted meanwhile.
                if let Ok(found) =
                    visit.get::<IdentityMembershipReply>(&path(&["api", "v1", "identities", &id])).await
                {
                    identities.insert(id, found.identity.identity.name);
                }
            }
        }
        Ok(Self { people: people(visit, logs).await?, identities, may_open_identities })
    }

    /// Somebody who signs in.
    pub(super) fn person(&self, id: &str) -> Named {
        self.people.get(id).cloned().unwrap_or_else(|| Named::plain(id))
    }

    /// A machine identity.
    pub(super) fn identity(&self, id: &str) -> Named {
        let name = self.identities.get(id).cloned().unwrap_or_else(|| id.to_owned());
        Named { name, link: self.may_open_identities.then(|| format!("/identities{}", path(&[id]))) }
    }
}

/// The people of the organization by id, if one of them did something of this.
async fn people(visit: &Visit, logs: &[AuditLog]) -> Result<HashMap<String, Named>, Refused> {
    if !visit.may(org::MEMBER_READ) || !logs.iter().any(|log| log.actor.kind == "user") {
        return Ok(HashMap::new());
    }
    let target = path(&["api", "v2", "organizations", &visit.org().to_string(), "memberships"]);
    let all: OrgMembershipList = visit.get(&target).await?;
    let named = all.memberships.into_iter().map(|member| {
        let link = Some(format!("/people/{}", member.id));
        (member.user_id.to_string(), Named { name: member.user.email, link })
    });
    Ok(named.collect())
}
