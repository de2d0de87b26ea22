//! Inviting people into an organization (`human-login.md` §4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::OrgId;
use vouchsafe_domain::text::Email;

use crate::concealed::Concealed;
use crate::lenient;
use crate::users::UserSummary;

/// Invites people.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invite {
    /// Addresses to invite, 1–50.
    pub invitee_emails: Vec<Email>,
    /// The caller's organization.
    pub organization_id: OrgId,
    /// Slug of the role to give; `member` if missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub organization_role_slug: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InviteReply {
    /// A sentence for people.
    pub message: String,
    /// The links to hand over; people who have an account were added at once and have none.
    pub complete_invite_links: Vec<InviteLink>,
}

/// A link for one invited person. It is as good as a password.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct InviteLink {
    /// Who is invited.
    pub email: String,
    /// Where the person accepts; good for seven days, once.
    pub link: Concealed,
}

/// Shows the code of an invitation.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyInvite {
    /// Who is invited.
    pub email: Email,
    /// The code from the link (`token`).
    pub code: Concealed,
    /// Into which organization.
    pub organization_id: OrgId,
}

/// The code is good.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct VerifyInviteReply {
    /// A sentence for people.
    pub message: String,
    /// Sign-up token to complete the account with, good for 15 minutes; missing for people who have an
    /// account, as they are members now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Concealed>,
    /// Who is invited.
    pub user: UserSummary,
}

/// Accepts an invitation by making the account. Needs the sign-up token as bearer, or the code.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompleteAccount {
    /// Who is invited.
    pub email: Email,
    /// First name, 1–255 characters.
    pub first_name: String,
    /// Last name, at most 255 characters; may be missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub last_name: Option<String>,
    /// Password, 1–1,024 characters.
    pub password: Concealed,
    /// The code from the link, in place of the sign-up token.
    #[serde(default)]
    pub code: Option<Concealed>,
}

/// The account is made and signed in; the refresh token is in the cookie `jid`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompleteAccountReply {
    /// A sentence for people.
    pub message: String,
    /// The user.
    pub user: UserSummary,
    /// Access token in the organization that invited.
    pub token: Concealed,
    /// That organization.
    pub organization_id: OrgId,
}
