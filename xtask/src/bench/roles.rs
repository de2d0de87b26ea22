//! Identities with many roles of many rules: what a read costs them, and a decision of the boundary between two.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::api::{Instance, Project};

/// How many custom roles such an identity has, and how many rules each.
const ROLES: usize = 20;
const RULES: usize = 50;

/// What to ask as an identity with many roles.
pub(super) struct Many {
    /// Its token.
    pub(super) token: String,
    /// Where it reads an identity with as many roles, which the boundary decides about.
    pub(super) other: String,
}

impl Many {
    /// Makes two identities with the same roles in another order.
    pub(super) fn prepare(instance: &Instance, project: &Project) -> Result<Self> {
        let slugs: Vec<String> = (0..ROLES).map(|role| format!("many-{role}")).collect();
        for (role, slug) in slugs.iter().enumerate() {
            let rules: Value = (0..RULES).map(|number| rule(role, number)).collect();
            instance.role(project, slug, &rules)?;
        }
        let identity = instance.identity("many roles")?;
        instance.admit_with(&identity, project, &slugs)?;
        let secret = instance.client_secret(&identity)?;
        let token = instance.log_in(&identity.client_id, &secret)?;
        let reversed: Vec<String> = slugs.into_iter().rev().collect();
        let other = instance.managed_identity(project, "as many roles", &reversed)?;
        let other = format!("/api/v1/projects/{}/identities/{other}", project.id);
        instance.get(&token, &other).context("the boundary between two lists of the same roles")?;
        Ok(Self { token, other })
    }
}

/// Rules as people write them: a team's folders, some names, other subjects. None forbids, so that the order of the
/// roles changes nothing.
fn rule(role: usize, number: usize) -> Value {
    let environment = ["dev", "staging", "prod", "qa"][number % 4];
    let team = format!("team-{}", role * RULES + number);
    match (role, number) {
        // What is measured.
        (7, 21) => json!({ "subject": "secrets", "action": ["describeSecret", "readValue"],
            "conditions": { "environment": "dev", "secretPath": "/" } }),
        (7, 22) => json!({ "subject": "identity", "action": ["read"] }),
        _ => match number % 4 {
            0 | 3 => json!({ "subject": "secrets", "action": ["describeSecret", "readValue"],
                "conditions": { "environment": environment, "secretPath": { "$glob": format!("/{team}/**") } } }),
            1 => json!({ "subject": "secrets", "action": ["create", "edit"],
                "conditions": { "environment": { "$in": ["dev", environment] },
                    "secretPath": { "$glob": format!("/{team}/*/db") }, "secretName": { "$glob": format!("{team}_*") } } }),
            _ => json!({ "subject": "secret-folders", "action": ["read", "create", "edit"],
                "conditions": { "environment": environment, "secretPath": { "$glob": format!("/{team}/**") } } }),
        },
    }
}
