//! Refused requests on their way to the database, where administrators look them up.
//!
//! A refusal is answered first and written later, with others, so that a crowd of them does not slow anybody down. Until
//! then it waits here. The room is bounded, and shared between organizations: who is refused very often loses refusals
//! of their own and no others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::header;
use http::request::Parts;
use serde_json::json;
use tokio::sync::Notify;
use vouchsafe_domain::id::{OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_store::{Denial, Store, StoreResult};

use crate::access::ActorId;
use crate::http::error::ApiError;

/// How many refusals wait at most.
const MOST_WAITING: usize = 4096;
/// How many of them may be those of one organization.
const MOST_OF_ONE: usize = 512;
/// How long a path may be, in characters.
const PATH: usize = 500;
/// How long a message or reason may be, in characters.
const SENTENCE: usize = 2000;
/// How large the data may be, in bytes as JSON.
const DETAIL: usize = 16 * 1024;

/// Who was refused, and in which organization.
pub type Caller = (OrgId, ActorId);

/// A refusal, before it is put into words.
pub struct Refused<'a> {
    /// Id of the request.
    pub id: &'a str,
    /// Address of the client.
    pub ip: IpAddr,
    /// When the request came in.
    pub at: Timestamp,
    /// The project that it is about, if it is about one.
    pub project: Option<ProjectId>,
    /// Who.
    pub caller: Caller,
    /// The head of the request.
    pub parts: &'a Parts,
    /// The refusal.
    pub error: &'a ApiError,
}

impl Refused<'_> {
    /// The refusal as it is kept. The query is left out: older clients send all kinds of things there.
    pub fn denial(&self) -> Denial {
        let (org_id, actor) = self.caller;
        let (actor_type, actor_id) = match actor {
            ActorId::Identity(id) => ("identity", id.to_string()),
            ActorId::User(id) => ("user", id.to_string()),
        };
        let agent = self.parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let message = self.error.message();
        let detail = self.error.evidence().filter(|evidence| evidence.to_string().len() <= DETAIL);
        Denial {
            request_id: self.id.to_owned(),
            org_id,
            project_id: self.project,
            at: self.at,
            actor_type: actor_type.to_owned(),
            actor_id,
            ip: self.ip.to_string(),
            user_agent: cut(agent.unwrap_or(""), 200),
            method: cut(self.parts.method.as_str(), 20),
            path: cut(self.parts.uri.path(), PATH),
            error: cut(self.error.name(), 100),
            message: cut(message, SENTENCE),
            reason: cut(self.error.cause().unwrap_or(message), SENTENCE),
            detail: detail.cloned().unwrap_or_else(|| json!({})),
        }
    }
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Refusals that wait to be written.
#[derive(Default)]
pub struct Denials {
    waiting: Mutex<Waiting>,
    wake: Notify,
    /// Held while refusals are being written, so that who reads afterwards finds them.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Waiting {
    denials: Vec<Denial>,
    of: HashMap<OrgId, usize>,
    lost: u64,
}

impl Waiting {
    fn add(&mut self, denial: Denial) {
        let of_one = self.of.entry(denial.org_id).or_default();
        if self.denials.len() >= MOST_WAITING || *of_one >= MOST_OF_ONE {
            self.lost += 1;
            return;
        }
        *of_one += 1;
        self.denials.push(denial);
    }
}

impl Denials {
    /// Takes a refusal, to be written soon.
    pub fn note(&self, denial: Denial) {
        self.waiting().add(denial);
        self.wake.notify_one();
    }

    /// Until there is something to write.
    pub async fn wait(&self) {
        loop {
            if !self.waiting().denials.is_empty() {
                return;
            }
            self.wake.notified().await;
        }
    }

    /// Writes what waits. If that fails, or is given up in its middle, it waits again.
    pub async fn flush(&self, store: &Store) -> StoreResult<()> {
        let _writing = self.writing.lock().await;
        let mut taken = {
            let mut waiting = self.waiting();
            if waiting.lost > 0 {
                tracing::warn!(lost = waiting.lost, "refused requests were too many to be kept");
            }
            waiting.lost = 0;
            waiting.of.clear();
            Taken { denials: std::mem::take(&mut waiting.denials), back: self }
        };
        if !taken.denials.is_empty() {
            store.insert_denials(&taken.denials).await?;
            taken.denials.clear();
        }
        Ok(())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refusals that are being written.
struct Taken<'a> {
    denials: Vec<Denial>,
    back: &'a Denials,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let unwritten = std::mem::take(&mut self.denials);
        if unwritten.is_empty() {
            return;
        }
        let mut waiting = self.back.waiting();
        let later = std::mem::take(&mut waiting.denials);
        waiting.of.clear();
        for denial in unwritten.into_iter().chain(later) {
            waiting.add(denial);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use uuid::Uuid;

    use super::*;

    fn denial(org: u128, number: usize) -> Denial {
        Denial {
            request_id: format!("req-{number}"),
            org_id: OrgId::from_uuid(Uuid::from_u128(org)),
            project_id: None,
            at: Timestamp::EPOCH,
            actor_type: "user".to_owned(),
            actor_id: String::new(),
            ip: String::new(),
            user_agent: String::new(),
            method: "GET".to_owned(),
            path: "/".to_owned(),
            error: String::new(),
            message: String::new(),
            reason: String::new(),
            detail: Value::Null,
        }
    }

    #[test]
    fn who_is_refused_often_takes_no_room_from_others() {
        let denials = Denials::default();
        for number in 0..10_000 {
            denials.note(denial(1, number));
        }
        denials.note(denial(2, 0));
        let waiting = denials.waiting();
        assert_eq!(waiting.denials.len(), MOST_OF_ONE + 1);
        assert_eq!(waiting.lost, 10_000 - MOST_OF_ONE as u64);
    }

    #[test]
    fn what_was_not_written_waits_again_before_what_came_later() {
        let denials = Denials::default();
        denials.note(denial(1, 0));
        let taken = Taken { denials: std::mem::take(&mut denials.waiting().denials), back: &denials };
        denials.note(denial(1, 1));
        drop(taken);
        let ids: Vec<String> =
            denials.waiting().denials.iter().map(|denial| denial.request_id.clone()).collect();
        assert_eq!(ids, ["req-0", "req-1"]);
    }
}
