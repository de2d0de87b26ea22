//! What the quickstart made, kept in the data folder with mode 0600.

use std::fmt::Write;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{IdentityId, OrgId, ProjectId};

use crate::commands::quoted;
use crate::failure::{Failure, Outcome};
use crate::rootkey::write_private;

/// Everything, for a next run and for programs.
const JSON: &str = "quickstart.json";
/// The same for a shell.
pub(super) const SHELL: &str = "quickstart.env";

/// What was made so far; saved after every step, so that a run that was cut off can go on.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Saved {
    pub(super) admin: Option<Admin>,
    pub(super) instance: Option<Made>,
    pub(super) project_id: Option<ProjectId>,
    pub(super) secret_made: bool,
    pub(super) identity_id: Option<IdentityId>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<String>,
    pub(super) is_member: bool,
}

/// The first administrator.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Admin {
    pub(super) email: String,
    pub(super) password: String,
}

/// What setting the instance up made.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Made {
    pub(super) organization_id: OrgId,
    /// Token of the identity for automation.
    pub(super) admin_token: String,
}

impl Saved {
    /// What an earlier run left in this folder.
    pub(super) fn load(folder: &Path) -> Outcome<Option<Self>> {
        let path = folder.join(JSON);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(anyhow::Error::from(error)
                    .context(format!("cannot read {}", path.display()))
                    .into());
            }
        };
        // The text of the error could quote a secret.
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|_| Failure::message(format!("{} is not what a quickstart writes", path.display())))
    }

    /// Keeps everything for the next run.
    pub(super) fn save(&self, folder: &Path) -> Outcome {
        let path = folder.join(JSON);
        let text = serde_json::to_string_pretty(self)? + "\n";
        Ok(write_private(&path, text.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?)
    }

    /// Writes the variables that the shown commands use.
    pub(super) fn write_shell(&self, folder: &Path, address: &str) -> Outcome {
        let path = folder.join(SHELL);
        let mut text = "# Made by `vouchsafe quickstart`; read it with `.` in a POSIX shell.\n".to_owned();
        let id = |id: Option<String>| id.unwrap_or_default();
        let (admin, made) = (self.admin.as_ref(), self.instance.as_ref());
        for (name, value) in [
            ("VOUCHSAFE_API_URL", address.to_owned()),
            ("ADMIN_EMAIL", id(admin.map(|admin| admin.email.clone()))),
            ("ADMIN_PASSWORD", id(admin.map(|admin| admin.password.clone()))),
            ("ADMIN_TOKEN", id(made.map(|made| made.admin_token.clone()))),
            ("ORGANIZATION_ID", id(made.map(|made| made.organization_id.to_string()))),
            ("PROJECT_ID", id(self.project_id.map(|id| id.to_string()))),
            ("IDENTITY_ID", id(self.identity_id.map(|id| id.to_string()))),
            ("CLIENT_ID", id(self.client_id.clone())),
            ("CLIENT_SECRET", id(self.client_secret.clone())),
        ] {
            let _ = writeln!(text, "export {name}={}", quoted(&value));
        }
        Ok(write_private(&path, text.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?)
    }
}
