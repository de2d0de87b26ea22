//! Where the keys of an issuer come from.

use std::sync::Arc;

use vouchsafe_domain::time::Timestamp;

use super::{KeySet, Keys, Refresh, SetAddress, UnverifiedJwt};
use crate::net::Trust;
use crate::{Context, Refusal};

/// Where the keys of an issuer come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// They are written down.
    Static(Arc<KeySet>),
    /// They are fetched when they are needed, and kept.
    Fetched {
        /// Where they are.
        address: SetAddress,
        /// Who vouches for that place.
        trust: Trust,
        /// How long they are used.
        refresh: Refresh,
    },
}

impl From<KeySet> for KeySource {
    fn from(set: KeySet) -> Self {
        Self::Static(Arc::new(set))
    }
}

impl KeySource {
    /// Keys at this place, used as long as is usual.
    pub fn at(address: SetAddress, trust: Trust) -> Self {
        Self::Fetched { address, trust, refresh: Refresh::default() }
    }

    /// The keys that this token may be signed with: from what is kept if that will do, else fetched.
    pub async fn for_token(
        &self,
        context: &Context<'_>,
        token: &UnverifiedJwt,
    ) -> Result<Arc<KeySet>, Refusal> {
        self.get(context, |keys| token.has_key_in(&keys.set)).await
    }

    /// The keys, fetched if they are not fresh or `will_do` says that they are not enough.
    pub async fn get(
        &self,
        context: &Context<'_>,
        will_do: impl Fn(&Keys) -> bool,
    ) -> Result<Arc<KeySet>, Refusal> {
        match self {
            Self::Static(set) => Ok(Arc::clone(set)),
            Self::Fetched { address, trust, refresh } => {
                let (sets, outbound) = (context.key_sets, context.outbound);
                sets.get(outbound, address, trust, *refresh, will_do, context.now).await.map(|keys| keys.set)
            }
        }
    }

    /// Fetches the keys now, if they are fetched at all: an administrator asks.
    pub async fn refresh(&self, context: &Context<'_>) -> Result<(), Refusal> {
        match self {
            Self::Static(_) => Ok(()),
            Self::Fetched { address, trust, .. } => {
                context.key_sets.fetch_now(context.outbound, address, trust, context.now).await.map(|_| ())
            }
        }
    }

    /// When the keys that are kept were fetched.
    pub fn fetched_at(&self, context: &Context<'_>) -> Option<Timestamp> {
        match self {
            Self::Static(_) => None,
            Self::Fetched { address, trust, .. } => context.key_sets.fetched_at(address, trust),
        }
    }
}
