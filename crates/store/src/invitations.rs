//! Invitations: a code with which an invited person accepts the membership in one organization.

use vouchsafe_domain::id::{OrgId, UserId};
use vouchsafe_domain::time::Timestamp;

use crate::engine::{FromRow, Row, args};
use crate::error::StoreResult;
use crate::{Change, Store};

/// An invitation.
#[derive(Clone, Copy, Debug)]
pub struct Invitation {
    /// Who is invited.
    pub user_id: UserId,
    /// Into which organization.
    pub org_id: OrgId,
    /// Until when the code is good.
    pub expires_at: Timestamp,
    /// When the code was made.
    pub created_at: Timestamp,
}

impl FromRow for Invitation {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            user_id: row.parsed("user_id")?,
            org_id: row.parsed("org_id")?,
            expires_at: row.time("expires_at")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl Store {
    /// The invitation with a code of this hash, also one that has expired.
    pub async fn invitation_by_code(&self, hash: &[u8; 32]) -> StoreResult<Option<Invitation>> {
        let sql = "SELECT user_id, org_id, expires_at, created_at FROM invitations WHERE code_hash = $1";
        self.pools().one(sql, args![hash.as_slice()]).await
    }
}

impl Change {
    /// Invites a user into an organization; an earlier code for it is void.
    pub async fn put_invitation(
        &mut self,
        user: UserId,
        org: OrgId,
        code_hash: &[u8; 32],
        expires_at: Timestamp,
    ) -> StoreResult<()> {
        let at = self.at();
        let sql = "INSERT INTO invitations (user_id, org_id, code_hash, expires_at, created_at) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id, org_id) DO UPDATE \
                   SET code_hash = $3, expires_at = $4, created_at = $5";
        self.run(sql, args![user, org, code_hash.as_slice(), expires_at, at]).await?;
        Ok(())
    }

    /// Uses an invitation up; false if it is gone, replaced or expired.
    pub async fn take_invitation(&mut self, invitation: &Invitation) -> StoreResult<bool> {
        let at = self.at();
        let sql = "DELETE FROM invitations WHERE user_id = $1 AND org_id = $2 AND created_at = $3 AND expires_at > $4";
        let values = args![invitation.user_id, invitation.org_id, invitation.created_at, at];
        Ok(self.run(sql, values).await? > 0)
    }
}
