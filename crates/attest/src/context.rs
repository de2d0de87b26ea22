//! What a check of a proof may use.

use std::sync::Arc;

use vouchsafe_domain::id::IdentityId;
use vouchsafe_domain::time::Timestamp;

use crate::endpoints::Endpoints;
use crate::jose::{KeySets, Memory};
use crate::net::Outbound;

/// What a check of a proof may use: the time, the one way out, keys that were fetched before.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The time of the request.
    pub now: Timestamp,
    /// Who wants to log in.
    pub identity: IdentityId,
    /// The one way out to the network.
    pub outbound: &'a Outbound,
    /// Key sets of issuers.
    pub key_sets: &'a KeySets,
    /// Where the clouds are.
    pub endpoints: &'a Endpoints,
    /// The client certificate that this request came with: its chain as DER, leaf first. Who holds the leaf's key was
    /// checked by our own listener, or by a proxy whose word is taken.
    pub certificates: Option<&'a [Vec<u8>]>,
}

/// What checks share over the life of a process.
pub struct Workshop {
    /// The one way out to the network.
    pub outbound: Outbound,
    /// Key sets of issuers.
    pub key_sets: KeySets,
    /// Where the clouds are.
    pub endpoints: Endpoints,
}

impl Workshop {
    /// A workshop whose outbound calls may reach these networks beside public ones.
    pub fn new(allowed: Vec<ipnet::IpNet>, endpoints: Endpoints) -> Self {
        Self { outbound: Outbound::new(allowed), key_sets: KeySets::default(), endpoints }
    }

    /// The same with a memory that outlives the process.
    #[must_use]
    pub fn remembering(self, memory: Arc<dyn Memory>) -> Self {
        Self { key_sets: KeySets::new(memory), ..self }
    }

    /// The context of one check.
    pub fn context<'a>(
        &'a self,
        now: Timestamp,
        identity: IdentityId,
        certificates: Option<&'a [Vec<u8>]>,
    ) -> Context<'a> {
        Context {
            now,
            identity,
            outbound: &self.outbound,
            key_sets: &self.key_sets,
            endpoints: &self.endpoints,
            certificates,
        }
    }
}
