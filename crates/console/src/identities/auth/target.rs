//! The method of an identity, or the source of one, that a page is about.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use vouchsafe_api::auth_methods::SourceList;
use vouchsafe_server::http::{MethodForm, method_forms};

use crate::errors::Trouble;
use crate::identities::subject::Subject;
use crate::visit::Visit;

/// What stands in the address instead of a source's id, for one that is not there yet.
pub(super) const NEW: &str = "new";

/// The parts of the address.
#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
    pub(super) method: String,
    #[serde(default)]
    pub(super) source: Option<String>,
}

/// The method of an identity, or the source of one, that a page is about.
pub(super) struct Target {
    pub(super) subject: Arc<Subject>,
    pub(super) method: &'static MethodForm,
    source: Option<String>,
    /// The configuration; none if it is not attached yet.
    pub(super) stored: Option<Map<String, Value>>,
    /// All sources, if the method may have several.
    pub(super) sources: Vec<Map<String, Value>>,
}

impl Target {
    /// What this address names. 404 if there is no such method, or no such source of it.
    pub(super) async fn of(visit: &Visit, named: Named) -> Result<Self, Trouble> {
        let subject = Arc::new(Subject::of(visit, &named.id).await?);
        let method = method_forms().iter().find(|form| form.id == named.method);
        let method = method.ok_or_else(Trouble::not_found)?;
        let mut target = Self { subject, method, source: named.source, stored: None, sources: Vec::new() };
        let is_attached = target.subject.methods().iter().any(|one| one == method.id);
        if !is_attached {
            return if target.source.is_none() { Ok(target) } else { Err(Trouble::not_found()) };
        }
        if method.proves {
            let sources = format!("{}/sources", target.api_of_method());
            target.sources = visit.get::<SourceList>(&sources).await?.sources;
        }
        if !target.is_new() {
            target.stored = Some(target.read(visit).await?);
        }
        Ok(target)
    }

    async fn read(&self, visit: &Visit) -> Result<Map<String, Value>, Trouble> {
        let mut reply: Map<String, Value> = visit.get(&self.api()).await?;
        match reply.remove(self.method.response_key) {
            Some(Value::Object(stored)) => Ok(stored),
            _ => Err(Trouble::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong")),
        }
    }

    /// Whether it is a further source that is not there yet.
    pub(super) fn is_new(&self) -> bool {
        self.source.as_deref() == Some(NEW)
    }

    /// Whether it is one source of several, and not the method as a whole.
    pub(super) fn is_source(&self) -> bool {
        self.source.is_some() && !self.is_new()
    }

    /// Whether it can be tried out: it is attached, and identities log in by it with a proof.
    pub(super) fn is_testable(&self) -> bool {
        self.method.proves && self.source.is_none() && self.stored.is_some()
    }

    /// Address of the API of the method as a whole.
    pub(super) fn api_of_method(&self) -> String {
        self.method.path.replace("{identityId}", &self.subject.id.to_string())
    }

    /// Address of the API of what the page is about.
    pub(super) fn api(&self) -> String {
        let method = self.api_of_method();
        match self.source.as_deref() {
            None => method,
            Some(NEW) => format!("{method}/sources"),
            Some(id) => format!("{method}{}", crate::api::path(&["sources", id])),
        }
    }

    /// How saving is sent.
    pub(super) fn verb(&self) -> Method {
        if self.stored.is_some() { Method::PATCH } else { Method::POST }
    }

    /// Address of the page of the method as a whole.
    pub(super) fn path_of_method(&self) -> String {
        format!("{}/auth/{}", self.subject.path(), self.method.id)
    }

    /// Address of this page.
    pub(super) fn path(&self) -> String {
        let method = self.path_of_method();
        match self.source.as_deref() {
            None => method,
            Some(id) => format!("{method}{}", crate::api::path(&["sources", id])),
        }
    }

    /// Name of the method, and of the source if the page is about one.
    pub(super) fn name(&self) -> String {
        match (&self.stored, self.is_new()) {
            (_, true) => format!("A further source of {}", self.method.name),
            (Some(stored), _) if self.is_source() => {
                format!("{}: {}", self.method.name, stored["source"].as_str().unwrap_or_default())
            }
            _ => self.method.name.to_owned(),
        }
    }

    /// Whether logins by the method are locked.
    pub(super) fn is_locked(&self) -> bool {
        self.subject.is_locked(self.method.id)
    }
}
