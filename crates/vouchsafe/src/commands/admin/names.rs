//! Names in place of ids: a project's slug, an identity's name, a person's e-mail address.

use std::fmt::Display;

use vouchsafe_api::groups::Group;
use vouchsafe_api::identities::{SearchFilter, TextFilter};
use vouchsafe_api::identity_search::{Scope, SearchScopes};
use vouchsafe_api::org_members::OrgMembership;
use vouchsafe_client::Client;
use vouchsafe_domain::id::{GroupId, IdentityId, OrgId, ProjectId};

use crate::failure::{Failure, NOT_FOUND, Outcome};
use crate::printer::printable;

/// Most things that a message lists.
const LISTED: usize = 10;

/// Something that a name may mean.
struct Candidate<T> {
    id: T,
    /// Unique where it is; wins over names.
    slug: String,
    name: String,
    /// What tells it from others of the same name.
    apart: String,
}

/// The only thing that has this slug, or else this name.
fn only<T: Copy + Display>(kind: &str, given: &str, all: &[Candidate<T>]) -> Outcome<T> {
    if let Some(found) = all.iter().find(|one| one.slug == given) {
        return Ok(found.id);
    }
    let named: Vec<_> = all.iter().filter(|one| one.name == given).collect();
    match named.as_slice() {
        [one] => Ok(one.id),
        [] => Err(missing(kind, given)),
        several => {
            let told = several.iter().take(LISTED).map(|one| {
                let apart = printable(&one.apart);
                if apart.is_empty() { one.id.to_string() } else { format!("{} ({apart})", one.id) }
            });
            let told = told.collect::<Vec<_>>().join(", ");
            Err(Failure::usage(format!("several of the kind {kind} are named `{given}`: {told}"))
                .hint("give the id of the one you mean"))
        }
    }
}

/// There is no such thing, or it is hidden.
pub(crate) fn missing(kind: &str, given: &str) -> Failure {
    Failure::message(format!("no {kind} is named `{}`, as far as you may see", printable(given)))
        .hint("give the exact name, slug or id")
        .code(NOT_FOUND)
}

/// A project by its id, slug or name.
pub(crate) async fn project(client: &Client, given: &str) -> Outcome<ProjectId> {
    let given = given.trim();
    if let Ok(id) = given.parse() {
        return Ok(id);
    }
    let all = client.my_projects().await?;
    let all = all.into_iter().map(|one| Candidate {
        id: one.id,
        apart: one.slug.clone(),
        slug: one.slug,
        name: one.name,
    });
    only("project", given, &all.collect::<Vec<_>>())
}

/// An identity by its id or name, whoever manages it.
pub(crate) async fn identity(client: &Client, given: &str) -> Outcome<IdentityId> {
    let given = given.trim();
    if let Ok(id) = given.parse() {
        return Ok(id);
    }
    let name = Some(TextFilter::Equal(given.to_owned()));
    let search = Some(SearchFilter { name, ..SearchFilter::default() });
    let scope = Some(vec![Scope::Organization, Scope::Project]);
    let input = SearchScopes { scope, search, limit: Some(100), ..SearchScopes::default() };
    let all = client.find_identities(&input).await?.identities.into_iter().map(|one| Candidate {
        id: one.identity_id,
        slug: String::new(),
        name: one.identity.name,
        apart: one.project.map(|project| format!("of project {}", project.slug)).unwrap_or_default(),
    });
    only("identity", given, &all.collect::<Vec<_>>())
}

/// A group by its id, slug or name.
pub(crate) async fn group(client: &Client, given: &str) -> Outcome<GroupId> {
    let given = given.trim();
    if let Ok(id) = given.parse() {
        return Ok(id);
    }
    let one = |group: Group| Candidate {
        id: group.id,
        apart: group.slug.clone(),
        slug: group.slug,
        name: group.name,
    };
    let all: Vec<_> = client.groups().await?.into_iter().map(one).collect();
    only("group", given, &all)
}

/// The organization of the caller.
pub(crate) async fn organization(client: &Client) -> Outcome<OrgId> {
    Ok(client.identity_details().await?.organization.id)
}

/// A person of the organization, by e-mail address or id.
pub(crate) async fn user(client: &Client, given: &str) -> Outcome<OrgMembership> {
    let given = given.trim();
    let all = client.org_users(organization(client).await?).await?;
    let is_meant = |one: &OrgMembership| {
        one.user.username.eq_ignore_ascii_case(given)
            || one.user.email.eq_ignore_ascii_case(given)
            || one.user.id.to_string() == given
    };
    all.into_iter().find(is_meant).ok_or_else(|| missing("user", given))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: u8, slug: &str, name: &str) -> Candidate<u8> {
        Candidate { id, slug: slug.to_owned(), name: name.to_owned(), apart: slug.to_owned() }
    }

    #[test]
    fn slugs_win_and_ambiguous_names_are_listed() {
        let all = [candidate(1, "a", "one"), candidate(2, "b", "two"), candidate(3, "one", "two")];
        assert_eq!(only("thing", "one", &all).unwrap(), 3);
        assert_eq!(only("thing", "b", &all).unwrap(), 2);
        let said = only("thing", "two", &all).unwrap_err();
        assert_eq!(said.error.to_string(), "several of the kind thing are named `two`: 2 (b), 3 (one)");
        assert_eq!(only("thing", "tw", &all).unwrap_err().code, NOT_FOUND);
    }
}
