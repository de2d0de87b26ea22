//! What the routes of organization and project roles share: making, changing and deleting.

use serde_json::{Value, json};
use vouchsafe_api::roles::{NewRoleInput, RoleChangeInput};
use vouchsafe_domain::slug::Slug;
use vouchsafe_domain::text::bounded;
use vouchsafe_policy::builtin::is_reserved;
use vouchsafe_policy::{Level, Permissions, Permit};
use vouchsafe_store::{MOST_ROLES, Role, RoleParts, RoleScope, StoreError};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use crate::rules;

/// Where a role is, and what the caller holds there.
pub(super) struct Place<'a> {
    /// What the role belongs to.
    pub scope: RoleScope,
    /// What the caller holds.
    pub mine: &'a Permissions,
    /// What permits the change.
    pub permit: &'a Permit,
}

impl Place<'_> {
    fn level(&self) -> Level {
        if self.scope.project().is_some() { Level::Project } else { Level::Organization }
    }

    fn kind(&self) -> &'static str {
        if self.scope.project().is_some() { "Project" } else { "Organization" }
    }

    fn event(&self, verb: &'static str) -> &'static str {
        match (verb, self.scope) {
            ("create", RoleScope::Organization(_)) => "create-organization-role",
            ("update", RoleScope::Organization(_)) => "update-organization-role",
            (_, RoleScope::Organization(_)) => "delete-organization-role",
            ("create", RoleScope::Project(..)) => "create-project-role",
            ("update", RoleScope::Project(..)) => "update-project-role",
            (_, RoleScope::Project(..)) => "delete-project-role",
        }
    }
}

pub(super) async fn create(cx: &Cx, place: Place<'_>, input: NewRoleInput) -> ApiResult<Role> {
    let slug = slug(place.level(), &input.slug)?;
    let name = name(&input.name)?;
    let description = input.description.as_deref().map(description).transpose()?;
    let permissions = rules::checked(place.level(), "permissions", &input.permissions)?;
    rules::within(place.mine, &permissions, "Failed to create role with more privileges")?;
    if cx.app.store.custom_roles(place.scope).await?.len() >= MOST_ROLES {
        return Err(ApiError::bad_request(format!("There are at most {MOST_ROLES} custom roles")));
    }
    let parts = RoleParts {
        slug: &slug,
        name: &name,
        description: description.as_deref(),
        permissions: &permissions,
    };
    let mut change = cx.app.store.change(place.permit, &cx.author()).await?;
    let taken = format!("{} role with same slug already exists", place.kind());
    let id = change
        .insert_role(place.scope, &parts)
        .await
        .map_err(|error| ApiError::taken(error, "slug", taken))?;
    let detail = json!({ "roleId": id, "slug": slug, "name": name, "permissions": permissions });
    change.audit(place.event("create"), place.scope.org(), place.scope.project(), &detail);
    change.commit().await?;
    current(cx, id).await
}

pub(super) async fn update(cx: &Cx, place: Place<'_>, role: Role, input: RoleChangeInput) -> ApiResult<Role> {
    let new_slug = input.slug.as_deref().map(|text| slug(place.level(), text)).transpose()?;
    let new_name = input.name.as_deref().map(name).transpose()?;
    let description = match input.description {
        None => role.description.clone(),
        Some(text) => text.as_deref().map(description).transpose()?,
    };
    let permissions = match &input.permissions {
        None => role.permissions.clone(),
        Some(list) => rules::checked(place.level(), "permissions", list)?,
    };
    let message = "Failed to update role with more privileges";
    rules::may_replace(place.mine, &role.permissions, &permissions, message)?;
    let parts = RoleParts {
        slug: new_slug.as_deref().unwrap_or(&role.slug),
        name: new_name.as_deref().unwrap_or(&role.name),
        description: description.as_deref(),
        permissions: &permissions,
    };
    let mut change = cx.app.store.change(place.permit, &cx.author()).await?;
    let taken = format!("{} role with the same slug already exists", place.kind());
    if !change.update_role(&role, &parts).await.map_err(|error| ApiError::taken(error, "slug", taken))? {
        return Err(changed_meanwhile());
    }
    let detail = json!({
        "roleId": role.id, "slug": parts.slug, "name": parts.name,
        "oldPermissions": role.permissions, "permissions": permissions,
    });
    change.audit(place.event("update"), place.scope.org(), place.scope.project(), &detail);
    change.commit().await?;
    current(cx, role.id).await
}

pub(super) async fn delete(cx: &Cx, place: Place<'_>, role: Role) -> ApiResult<Role> {
    rules::within(place.mine, &role.permissions, "Failed to delete role with more privileges")?;
    let mut change = cx.app.store.change(place.permit, &cx.author()).await?;
    let assigned = change.assignments(role.id).await?;
    let holders =
        [(assigned.identities, "identities"), (assigned.users, "users"), (assigned.groups, "groups")];
    if let Some((_, holders)) = holders.into_iter().find(|(count, _)| *count > 0) {
        return Err(still_assigned(holders));
    }
    let deleted = change.delete_role(&role).await.map_err(|error| match error {
        // Given to somebody between the count and now.
        StoreError::MissingReference => still_assigned("members"),
        other => other.into(),
    })?;
    if !deleted {
        return Err(changed_meanwhile());
    }
    let detail = json!({ "roleId": role.id, "slug": role.slug, "name": role.name });
    change.audit(place.event("delete"), place.scope.org(), place.scope.project(), &detail);
    change.commit().await?;
    Ok(role)
}

fn still_assigned(holders: &str) -> ApiError {
    ApiError::bad_request(format!(
        "The role is assigned to one or more {holders}. Make sure to unassign them before deleting the role."
    ))
}

fn changed_meanwhile() -> ApiError {
    ApiError::bad_request("The role was changed meanwhile. Please try again.")
}

async fn current(cx: &Cx, id: vouchsafe_domain::id::RoleId) -> ApiResult<Role> {
    let role = cx.app.store.custom_role(cx.org()?, id).await?;
    role.ok_or_else(|| ApiError::not_found("Role not found"))
}

fn slug(level: Level, text: &str) -> ApiResult<String> {
    let slug = Slug::parse(text, 1..=64).map_err(|error| ApiError::invalid("slug", error.to_string()))?;
    if is_reserved(level, slug.as_str()) {
        return Err(ApiError::invalid(
            "slug",
            "Please choose a different slug, the slug you have entered is reserved",
        ));
    }
    Ok(slug.into_string())
}

fn name(text: &str) -> ApiResult<String> {
    bounded("name", text, 1, 255).map_err(|error| ApiError::invalid("name", error.to_string()))
}

fn description(text: &str) -> ApiResult<String> {
    bounded("description", text, 0, 1000).map_err(|error| ApiError::invalid("description", error.to_string()))
}

/// The rules that older clients send, with those that follow from the rules on secrets.
pub(super) fn from_v1(rules: &[Value]) -> Vec<Value> {
    let mut all = rules.to_vec();
    for rule in rules {
        if rule["subject"] == "secrets" || rule["subject"][0] == "secrets" {
            all.extend(DERIVED.iter().filter_map(|(subject, actions)| derived(rule, subject, actions)));
        }
    }
    all
}

/// What an action on secrets means on these subjects.
type Actions = [(&'static str, &'static [&'static str]); 4];
const SAME: Actions =
    [("read", &["read"]), ("create", &["create"]), ("edit", &["edit"]), ("delete", &["delete"])];
const DERIVED: [(&str, Actions); 3] = [
    ("secret-folders", SAME),
    ("secret-imports", SAME),
    (
        "dynamic-secrets",
        [
            ("read", &["read-root-credential", "lease"]),
            ("create", &["create-root-credential"]),
            ("edit", &["edit-root-credential"]),
            ("delete", &["delete-root-credential"]),
        ],
    ),
];

fn derived(rule: &Value, subject: &str, meanings: &Actions) -> Option<Value> {
    let named: Vec<&str> = match &rule["action"] {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let meant = meanings.iter().filter(|(action, _)| named.contains(action));
    let actions: Vec<&str> = meant.flat_map(|(_, actions)| actions.iter().copied()).collect();
    if actions.is_empty() {
        return None;
    }
    let mut rule = rule.clone();
    rule["subject"] = json!(subject);
    rule["action"] = json!(actions);
    if let Some(Value::Object(conditions)) = rule.get_mut("conditions") {
        conditions.retain(|field, _| matches!(field.as_str(), "environment" | "secretPath"));
    }
    Some(rule)
}

/// The rules that older clients are shown.
pub(super) fn to_v1(rules: &[Value]) -> Vec<Value> {
    let one = |rule: &Value| match rule["subject"].as_str() {
        Some("secret-imports" | "dynamic-secrets") => None,
        Some("secret-folders") => {
            let reads = rule["action"].as_array().is_some_and(|actions| actions.contains(&json!("read")));
            let mut rule = rule.clone();
            rule["action"] = json!(["read"]);
            reads.then_some(rule)
        }
        _ => Some(rule.clone()),
    };
    rules.iter().filter_map(one).collect()
}
