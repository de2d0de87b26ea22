//! Values that are given by a flag, or else found in a variable or a file.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use vouchsafe_api::concealed::Concealed;

use super::{NoProof, Proof, Surroundings, Trail};

/// Which identity logs in, and in which organization it acts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Identity {
    /// Id of the identity; from a variable if missing.
    pub id: Option<String>,
    /// Slug of the organization to act in; the identity's own if missing.
    pub organization_slug: Option<String>,
}

/// Variables with the id of the identity.
pub(super) const IDENTITY_ID: [&str; 2] = ["VOUCHSAFE_MACHINE_IDENTITY_ID", "INFISICAL_MACHINE_IDENTITY_ID"];

impl Identity {
    /// The id of the identity.
    pub(super) fn resolve(&self, around: &Surroundings, trail: &mut Trail) -> Result<String, NoProof> {
        required(self.id.as_deref(), "--machine-identity-id", &IDENTITY_ID, around, trail)
    }

    /// A proof of this method for the identity: its id and these fields.
    pub(super) fn proof(
        &self,
        method: &'static str,
        fields: &impl Serialize,
        around: &Surroundings,
        trail: &mut Trail,
    ) -> Result<Proof, NoProof> {
        let mut proof = Proof::new(method, fields)?;
        let body = proof.body.as_object_mut().ok_or_else(|| NoProof::new("the proof is no JSON object"))?;
        body.insert("identityId".to_owned(), Value::String(self.resolve(around, trail)?));
        if let Some(slug) = &self.organization_slug {
            body.insert("organizationSlug".to_owned(), Value::String(slug.clone()));
        }
        Ok(proof)
    }
}

/// A text that may be given as it is, in a variable, or in a file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Given {
    /// The text itself.
    pub text: Option<Concealed>,
    /// A file that holds it.
    pub file: Option<PathBuf>,
}

/// The names by which a [`Given`] is found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    /// What it is, as in "a JWT".
    pub(super) what: &'static str,
    /// The flag of the text.
    pub(super) flag: &'static str,
    /// Variables that hold the text.
    pub(super) variables: &'static [&'static str],
    /// The flag of the file.
    pub(super) file_flag: &'static str,
    /// Variables that name the file.
    pub(super) file_variables: &'static [&'static str],
}

impl Given {
    /// The text: given, or the file that was given, or the variable, or the file that a variable names. None if none of
    /// these is there.
    pub(super) fn find(
        &self,
        names: Names,
        around: &Surroundings,
        trail: &mut Trail,
    ) -> Result<Option<String>, NoProof> {
        if let Some(text) = self.text.as_ref().map(Concealed::reveal).filter(|text| !text.trim().is_empty()) {
            trail.took(names.flag, "given");
            return Ok(Some(text.trim().to_owned()));
        }
        if let Some(path) = &self.file {
            return from_file(path, names.file_flag, names.what, around, trail).map(Some);
        }
        if let Some((name, value)) = around.variable(names.variables) {
            trail.took(name, "set");
            return Ok(Some(value.to_owned()));
        }
        if let Some((name, path)) = around.variable(names.file_variables) {
            return from_file(Path::new(path), name, names.what, around, trail).map(Some);
        }
        trail.passed(format!("{}, {}", names.flag, names.file_flag), "not given");
        let variables = names.variables.iter().chain(names.file_variables).copied().collect::<Vec<_>>();
        trail.passed(variables.join(", "), "not set");
        Ok(None)
    }
}

/// The text of a file that a flag or a variable names.
pub(super) fn from_file(
    path: &Path,
    named_by: &str,
    what: &str,
    around: &Surroundings,
    trail: &mut Trail,
) -> Result<String, NoProof> {
    let place = format!("{named_by}: {}", path.display());
    match around.file(path) {
        Ok(text) => {
            trail.took(place, what);
            Ok(text)
        }
        Err(error) => {
            trail.passed(place, error.to_string());
            Err(error)
        }
    }
}

/// What was given, or what the first of the variables holds.
pub(super) fn optional(
    given: Option<&str>,
    flag: &str,
    names: &[&str],
    around: &Surroundings,
    trail: &mut Trail,
) -> Option<String> {
    if let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) {
        trail.took(flag, "given");
        return Some(given.to_owned());
    }
    trail.passed(flag, "not given");
    let Some((name, value)) = around.variable(names) else {
        trail.passed(names.join(", "), "not set");
        return None;
    };
    trail.took(name, "set");
    Some(value.to_owned())
}

/// The same, but without it there is no proof.
pub(super) fn required(
    given: Option<&str>,
    flag: &str,
    names: &[&str],
    around: &Surroundings,
    trail: &mut Trail,
) -> Result<String, NoProof> {
    optional(given, flag, names, around, trail).ok_or_else(|| {
        NoProof::new(format!("`{flag}` ({}): not given", names.first().copied().unwrap_or_default()))
    })
}
