//! What must be there, by all that is known.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::operation::{Ask, LOGGED_IN, Operation};
use crate::wire::{Answer, text};
use crate::world::ClientSecret;

/// An access token, and the client secret that it was issued for.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) token: String,
    pub(crate) client_secret: String,
}

/// What one worker's operations must have led to. No other worker touches the same things.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// Value and version of each secret.
    pub(crate) secrets: BTreeMap<String, (String, i64)>,
    /// By id, the operation that made it.
    pub(crate) identities: BTreeMap<String, u64>,
    pub(crate) deleted_identities: Vec<String>,
    pub(crate) client_secrets: Vec<ClientSecret>,
    pub(crate) revoked_client_secrets: Vec<ClientSecret>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) revoked_tokens: Vec<Token>,
    /// How often the limited client secret was let in.
    pub(crate) limited_logins: i64,
    pub(crate) wrong_logins: usize,
    /// The event of each operation.
    pub(crate) events: BTreeMap<u64, String>,
}

/// How an operation is known to have happened.
pub(crate) enum Proof<'a> {
    /// It was answered.
    Answered(&'a Answer),
    /// It was under way, and the audit log has it: kind and details of the event.
    Recorded(&'a str, &'a Value),
}

impl Model {
    /// Notes that an operation happened.
    pub(crate) fn note(&mut self, operation: &Operation, proof: Proof<'_>) {
        let (kind, answer, detail) = match proof {
            Proof::Answered(answer) => (operation.judge(answer), Some(&answer.body), &Value::Null),
            Proof::Recorded(kind, detail) => (kind, None, detail),
        };
        self.events.insert(operation.number, kind.to_owned());
        let id = |answered: &str, recorded: &str| match answer {
            Some(answer) => text(answer, answered),
            None => text(detail, recorded),
        };
        match &operation.ask {
            Ask::CreateSecret | Ask::CreateSecrets => {
                let new = operation.keys().into_iter().map(|key| (key, (operation.value(), 1)));
                self.secrets.extend(new);
            }
            Ask::UpdateSecret { key } => {
                let (value, version) = self.secrets.get_mut(key).unwrap();
                (*value, *version) = (operation.value(), *version + 1);
            }
            Ask::DeleteSecret { key } => {
                self.secrets.remove(key).unwrap();
            }
            Ask::CreateIdentity => {
                self.identities.insert(id("/identity/id", "/identityId"), operation.number);
            }
            Ask::DeleteIdentity { id } => {
                self.identities.remove(id).unwrap();
                self.deleted_identities.push(id.clone());
            }
            Ask::CreateClientSecret => self.client_secrets.push(ClientSecret {
                id: id("/clientSecretData/id", "/clientSecretId"),
                secret: answer.map(|answer| text(answer, "/clientSecret")),
            }),
            Ask::RevokeClientSecret { id } => self.revoke_client_secret(id),
            Ask::Login { with } => self.tokens.extend(token(answer, &with.id)),
            Ask::LimitedLogin => {
                self.limited_logins += i64::from(kind == LOGGED_IN);
            }
            Ask::WrongLogin => self.wrong_logins += 1,
            Ask::RevokeToken { token } => {
                self.tokens.retain(|one| one.token != token.token);
                self.revoked_tokens.push(token.clone());
            }
        }
    }

    fn revoke_client_secret(&mut self, id: &str) {
        self.revoked_client_secrets.extend(self.client_secrets.extract_if(.., |one| one.id == *id));
        self.revoked_tokens.extend(self.tokens.extract_if(.., |token| token.client_secret == *id));
    }
}

/// The token of a login that was answered.
fn token(answer: Option<&Value>, client_secret: &str) -> Option<Token> {
    answer
        .map(|answer| Token { token: text(answer, "/accessToken"), client_secret: client_secret.to_owned() })
}
