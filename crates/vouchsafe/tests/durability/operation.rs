//! The operations: what they ask for, and how they are chosen.

use reqwest::Method;
use serde_json::{Value, json};

use crate::model::{Model, Token};
use crate::wire::{Answer, Request};
use crate::world::{ClientSecret, World};

/// What an operation asks for.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    CreateSecret,
    UpdateSecret {
        key: String,
    },
    DeleteSecret {
        key: String,
    },
    /// Five secrets, all or none.
    CreateSecrets,
    CreateIdentity,
    DeleteIdentity {
        id: String,
    },
    CreateClientSecret,
    RevokeClientSecret {
        id: String,
    },
    Login {
        with: ClientSecret,
    },
    LimitedLogin,
    WrongLogin,
    RevokeToken {
        token: Token,
    },
}

/// What all workers do when the server is about to be killed: many changes of the same kind are under way then, and
/// one that is made in two commits is all but sure to be caught between them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Crowd {
    /// Each with a membership, metadata and an event.
    Identities,
    /// Five secrets each, with their versions.
    Batches,
    /// Each with a new version.
    Updates,
    /// Each counts a use.
    Logins,
}

/// One operation. Names and values are made of its number, so that each can be traced.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) number: u64,
    pub(crate) ask: Ask,
}

pub(crate) const LOGGED_IN: &str = "login-identity-universal-auth";
pub(crate) const LOGIN_FAILED: &str = "login-identity-universal-auth-failed";
const USED_UP: &str = "Access denied due to client secret usage limit reached";
/// Where the project's secrets are.
pub(crate) const SECRETS: &str = "/api/v3/secrets/raw";
const LOGIN: &str = "/api/v1/auth/universal-auth/login";

impl Operation {
    /// Chooses one: what the crowd does, or else the number decides, as far as the worker has something to do it to.
    pub(crate) fn choose(number: u64, model: &Model, world: &World, crowd: Option<Crowd>) -> Self {
        let mut dice = Dice(number);
        let ask = match crowd {
            Some(Crowd::Identities) => Some(Ask::CreateIdentity),
            Some(Crowd::Batches) => Some(Ask::CreateSecrets),
            Some(Crowd::Updates) => update(&mut dice, model),
            Some(Crowd::Logins) => Some(Ask::LimitedLogin),
            None => Self::mixed(&mut dice, model, world),
        };
        Self { number, ask: ask.unwrap_or(Ask::CreateSecret) }
    }

    fn mixed(dice: &mut Dice, model: &Model, world: &World) -> Option<Ask> {
        match dice.roll(100) {
            0..14 => update(dice, model),
            14..20 => dice.pick(model.secrets.keys()).map(|key| Ask::DeleteSecret { key: key.clone() }),
            20..26 => Some(Ask::CreateSecrets),
            26..35 => Some(Ask::CreateIdentity),
            35..39 => dice.pick(model.identities.keys()).map(|id| Ask::DeleteIdentity { id: id.clone() }),
            39..43 => Some(Ask::CreateClientSecret),
            43..46 => dice
                .pick(model.client_secrets.iter())
                .map(|secret| Ask::RevokeClientSecret { id: secret.id.clone() }),
            46..56 => {
                let mine = model.client_secrets.iter().filter(|one| one.secret.is_some());
                let with = dice.pick(mine.chain([&world.lasting])).cloned();
                with.map(|with| Ask::Login { with })
            }
            56..73 => Some(Ask::LimitedLogin),
            73..78 => Some(Ask::WrongLogin),
            78..83 => dice.pick(model.tokens.iter()).map(|token| Ask::RevokeToken { token: token.clone() }),
            _ => None,
        }
    }

    /// What the request says it is.
    pub(crate) fn agent(&self) -> String {
        format!("operation-{}", self.number)
    }

    /// The value that it gives to secrets.
    pub(crate) fn value(&self) -> String {
        format!("value {}", self.number)
    }

    /// The keys of the secrets that it makes.
    pub(crate) fn keys(&self) -> Vec<String> {
        match self.ask {
            Ask::CreateSecrets => (0..5).map(|n| format!("BATCH_{}_{n}", self.number)).collect(),
            _ => vec![format!("KEY_{}", self.number)],
        }
    }

    /// The request.
    pub(crate) fn request(&self, world: &World) -> Request {
        let login = |client_id: &str, secret: &str| {
            Request::post(LOGIN, None, json!({ "clientId": client_id, "clientSecret": secret }))
        };
        let secret = |method: Method, key: &str, value: Value| {
            let body = json!({
                "workspaceId": world.project, "environment": "dev", "secretPath": "/", "secretValue": value,
            });
            Request::with(method, format!("{SECRETS}/{key}"), Some(&world.admin), body)
        };
        match &self.ask {
            Ask::CreateSecret => secret(Method::POST, &self.keys()[0], json!(self.value())),
            Ask::UpdateSecret { key } => secret(Method::PATCH, key, json!(self.value())),
            Ask::DeleteSecret { key } => secret(Method::DELETE, key, Value::Null),
            Ask::CreateSecrets => self.batch(world),
            Ask::CreateIdentity => {
                let body = json!({
                    "name": identity_name(self.number), "organizationId": world.org, "role": "member",
                    "metadata": metadata(self.number),
                });
                Request::post("/api/v1/identities", Some(&world.admin), body)
            }
            Ask::DeleteIdentity { id } => Request::with(
                Method::DELETE,
                format!("/api/v1/identities/{id}"),
                Some(&world.admin),
                Value::Null,
            ),
            Ask::CreateClientSecret => {
                let body = json!({ "description": self.value() });
                Request::post(world.client_secrets(), Some(&world.admin), body)
            }
            Ask::RevokeClientSecret { id } => Request::post(
                format!("{}/{id}/revoke", world.client_secrets()),
                Some(&world.admin),
                json!({}),
            ),
            Ask::Login { with } => login(&world.client_id, with.secret.as_deref().unwrap()),
            Ask::LimitedLogin => login(&world.client_id, world.limited.secret.as_deref().unwrap()),
            Ask::WrongLogin => login(&world.guarded.0, &self.value()),
            Ask::RevokeToken { token } => {
                Request::post("/api/v1/auth/token/revoke", None, json!({ "accessToken": token.token }))
            }
        }
    }

    fn batch(&self, world: &World) -> Request {
        let one = |key: String| json!({ "secretKey": key, "secretValue": self.value() });
        let body = json!({
            "workspaceId": world.project, "environment": "dev", "secretPath": "/",
            "secrets": self.keys().into_iter().map(one).collect::<Vec<_>>(),
        });
        Request::post("/api/v3/secrets/batch/raw", Some(&world.admin), body)
    }

    /// Fails the test unless this answer is one that the operation may get; says which event goes with it.
    pub(crate) fn judge(&self, answer: &Answer) -> &'static str {
        let refused = match self.ask {
            Ask::WrongLogin => true,
            Ask::LimitedLogin => answer.status == 401 && answer.body["message"] == USED_UP,
            _ => false,
        };
        let expected = if refused { 401 } else { 200 };
        assert_eq!(answer.status, expected, "{self:?}: {}", answer.body);
        let [granted, ..] = self.events() else { panic!("no operation goes unrecorded") };
        if refused { LOGIN_FAILED } else { granted }
    }

    /// The events that it may leave in the audit log: one of these.
    pub(crate) fn events(&self) -> &'static [&'static str] {
        match self.ask {
            Ask::CreateSecret => &["create-secret"],
            Ask::UpdateSecret { .. } => &["update-secret"],
            Ask::DeleteSecret { .. } => &["delete-secret"],
            Ask::CreateSecrets => &["create-secrets"],
            Ask::CreateIdentity => &["create-identity"],
            Ask::DeleteIdentity { .. } => &["delete-identity"],
            Ask::CreateClientSecret => &["create-client-secret"],
            Ask::RevokeClientSecret { .. } => &["revoke-client-secret"],
            Ask::Login { .. } => &[LOGGED_IN],
            Ask::LimitedLogin => &[LOGGED_IN, LOGIN_FAILED],
            Ask::WrongLogin => &[LOGIN_FAILED],
            Ask::RevokeToken { .. } => &["revoke-identity-access-token"],
        }
    }
}

fn update(dice: &mut Dice, model: &Model) -> Option<Ask> {
    dice.pick(model.secrets.keys()).map(|key| Ask::UpdateSecret { key: key.clone() })
}

/// A login with a client secret of the world's identity.
pub(crate) fn login(world: &World, secret: &str) -> Request {
    Request::post(LOGIN, None, json!({ "clientId": world.client_id, "clientSecret": secret }))
}

/// A login of the identity that failures lock, with the right secret.
pub(crate) fn guarded_login(world: &World) -> Request {
    let (client_id, secret) = &world.guarded;
    Request::post(LOGIN, None, json!({ "clientId": client_id, "clientSecret": secret }))
}

/// The name of the identity that this operation makes.
pub(crate) fn identity_name(number: u64) -> String {
    format!("workload-{number}")
}

/// The metadata of the identity that this operation makes.
pub(crate) fn metadata(number: u64) -> Value {
    json!([
        { "key": "operation", "value": number.to_string() },
        { "key": "team", "value": "payments" },
        { "key": "tier", "value": "one" },
    ])
}

/// A small generator of numbers (`splitmix64`): the same ones from the same seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.next() % sides
    }

    fn pick<T>(&mut self, mut among: impl Iterator<Item = T> + Clone) -> Option<T> {
        let sides = u64::try_from(among.clone().count()).unwrap();
        let position = usize::try_from(self.roll(sides.max(1))).unwrap();
        among.nth(position)
    }
}
