//! Inviting people into the organization, and accepting: `/api/v1/invite-org`, `/api/v3/signup`.
//!
//! There is no mail: the link is handed back to whoever invites. A code therefore opens the membership in
//! the one organization that gave it, and never an account that exists already.

use http::header::SET_COOKIE;
use serde_json::json;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::invitations::{
    CompleteAccount, CompleteAccountReply, Invite, InviteLink, InviteReply, VerifyInvite, VerifyInviteReply,
};
use vouchsafe_domain::id::{OrgId, UserId};
use vouchsafe_domain::text::Email;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_keys::random;
use vouchsafe_policy::{Permit, org};
use vouchsafe_store::{Change, Invitation, NewUser, OrgMember, User};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::org_members::{changed_meanwhile, manageable};
use super::organizations::own_organization;
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use super::users::{name, summary};
use crate::auth::SignUpClaims;
use crate::auth::sessions::{session_end, tokens};
use crate::grants::Offered;

/// How long a code is good: seven days, in seconds.
const CODE_LIFE: i64 = 7 * 24 * 60 * 60;
/// How long a sign-up token is good: 15 minutes, in seconds.
const SIGN_UP_LIFE: i64 = 15 * 60;
/// More addresses than this are for several requests.
const MOST_ADDRESSES: usize = 50;

pub(super) fn routes() -> Routes {
    Routes::new("Invitations")
        .post(
            ["/api/v1/invite-org/signup"],
            Access::Org(org::MEMBER_CREATE),
            "Invite people into the organization",
            invite,
        )
        .post(["/api/v1/invite-org/verify"], Access::Open, "Show the code of an invitation", verify)
        .post(
            ["/api/v3/signup/complete-account/invite"],
            Access::Open,
            "Accept an invitation by making the account",
            complete,
        )
}

/// What inviting an address comes to.
enum Invitee {
    /// Nobody has the address yet.
    Unknown(Email),
    /// Somebody has the address.
    Known(Box<User>, Option<Box<OrgMember>>),
}

async fn invite(cx: Cx, input: Invite) -> Outcome<InviteReply> {
    let org_id = own_organization(&cx, input.organization_id)?;
    let role = input.organization_role_slug.as_deref().map_or("member", str::trim);
    let offered = cx.org_role(role).await?;
    offered.within(cx.organization()?.1, "Failed to invite user")?;
    let mut emails = input.invitee_emails;
    emails.sort();
    emails.dedup();
    if emails.is_empty() || emails.len() > MOST_ADDRESSES {
        return Err(ApiError::invalid("inviteeEmails", format!("Expected 1 to {MOST_ADDRESSES} addresses")));
    }
    let mut invitees = Vec::with_capacity(emails.len());
    for email in emails {
        invitees.push(invitee(&cx, org_id, email).await?);
    }
    let mut links = Vec::new();
    let mut change = cx.app.store.change(cx.permit()?, &cx.author()).await?;
    for invitee in invitees {
        links.extend(invite_one(&cx, &mut change, org_id, invitee, &offered).await?);
    }
    change.commit().await?;
    ok(InviteReply { message: "Successfully invited".to_owned(), complete_invite_links: links })
}

async fn invitee(cx: &Cx, org_id: OrgId, email: Email) -> ApiResult<Invitee> {
    let Some(user) = cx.app.store.user_by_email(email.as_str()).await? else {
        return Ok(Invitee::Unknown(email));
    };
    let member = cx.app.store.org_member_by_user(org_id, user.id).await?;
    if let Some(member) = member.as_ref().filter(|member| !member.is_accepted) {
        // A new code for somebody who is invited with more than the caller holds is out of reach.
        manageable(cx, member, "Failed to invite user").await?;
    }
    Ok(Invitee::Known(Box::new(user), member.map(Box::new)))
}

/// Invites or adds one person; answers the link, if the person needs one.
async fn invite_one(
    cx: &Cx,
    change: &mut Change,
    org_id: OrgId,
    invitee: Invitee,
    offered: &Offered,
) -> ApiResult<Option<InviteLink>> {
    let (user, email, has_account, member) = match invitee {
        Invitee::Known(user, member) => (user.id, user.email, user.is_accepted, member),
        Invitee::Unknown(email) => {
            let email = email.into_string();
            let new = NewUser {
                email: &email,
                first_name: "",
                last_name: "",
                password_hash: None,
                super_admin: false,
            };
            (change.insert_user(&new).await?, email, false, None)
        }
    };
    match &member {
        Some(member) if member.is_accepted => return Ok(None),
        Some(member) => {
            if !change.update_org_member(member, offered.role(), member.is_active).await? {
                return Err(changed_meanwhile());
            }
        }
        None => {
            change.add_org_member(org_id, user, offered.role(), has_account).await?;
        }
    }
    let event = if has_account && member.is_none() { "add-organization-member" } else { "invite-user" };
    change.audit(event, org_id, None, &json!({ "userId": user, "email": email, "role": offered.slug() }));
    if has_account && member.is_none() {
        return Ok(None);
    }
    let code = random::client_secret();
    let hash = cx.app.keys.hasher.hash(&code);
    change.put_invitation(user, org_id, &hash, cx.now().plus_seconds(CODE_LIFE)).await?;
    let link = Concealed::new(link(&cx.app.settings.site_url, &code, &email, org_id));
    Ok(Some(InviteLink { email, link }))
}

fn link(site_url: &str, code: &str, email: &str, org_id: OrgId) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("token", code)
        .append_pair("to", email)
        .append_pair("organization_id", &org_id.to_string())
        .finish();
    format!("{site_url}/signupinvite?{query}")
}

fn invalid() -> ApiError {
    ApiError::bad_request("The invitation is not valid (any more)")
}

async fn verify(cx: Cx, input: VerifyInvite) -> Outcome<VerifyInviteReply> {
    let (invitation, user) = invited(&cx, &input.email, &input.code).await?;
    if invitation.org_id != input.organization_id {
        return Err(invalid());
    }
    let token = if user.is_accepted {
        let mut change =
            cx.app.store.change(&Permit::own("accept an invitation"), &cx.author_as(user.id)).await?;
        accept_membership(&mut change, &invitation).await?;
        change.commit().await?;
        None
    } else {
        Some(Concealed::new(cx.app.keys.signer.sign(&claims(&invitation, cx.now()))))
    };
    ok(VerifyInviteReply { message: "Successfully verified email".to_owned(), token, user: summary(user) })
}

/// The invitation with this code, if it is for this address and still good.
async fn invited(cx: &Cx, email: &Email, code: &Concealed) -> ApiResult<(Invitation, User)> {
    let hash = cx.app.keys.hasher.hash(code.reveal());
    let invitation = cx.app.store.invitation_by_code(&hash).await?;
    let invitation = invitation.filter(|one| cx.now() < one.expires_at).ok_or_else(invalid)?;
    Ok((invitation, addressee(cx, invitation.user_id, email).await?))
}

async fn addressee(cx: &Cx, id: UserId, email: &Email) -> ApiResult<User> {
    let user = cx.app.store.user(id).await?;
    user.filter(|user| user.email == email.as_str()).ok_or_else(invalid)
}

/// Uses the invitation up and makes the membership count.
async fn accept_membership(change: &mut Change, invitation: &Invitation) -> ApiResult<()> {
    let taken = change.take_invitation(invitation).await?;
    if !taken || !change.accept_org_member(invitation.org_id, invitation.user_id).await? {
        return Err(invalid());
    }
    let detail = json!({ "userId": invitation.user_id });
    change.audit("accept-invitation", invitation.org_id, None, &detail);
    Ok(())
}

fn claims(invitation: &Invitation, now: Timestamp) -> SignUpClaims {
    SignUpClaims {
        auth_token_type: crate::auth::SignUpKind::SignUp,
        user_id: invitation.user_id,
        organization_id: invitation.org_id,
        invited_at: invitation.created_at.as_millis(),
        iat: now.as_seconds(),
        exp: now.as_seconds().saturating_add(SIGN_UP_LIFE),
    }
}

async fn complete(cx: Cx, input: CompleteAccount) -> Outcome<CompleteAccountReply> {
    let (invitation, user) = match &input.code {
        Some(code) => invited(&cx, &input.email, code).await?,
        None => invited_by_token(&cx, &input.email).await?,
    };
    let (first, last) = name(&input.first_name, input.last_name.as_deref())?;
    if user.is_accepted {
        return Err(ApiError::bad_request("This person has an account already and can sign in with it"));
    }
    let hash = cx.app.passwords.hash("password", &input.password).await?;
    let mut change =
        cx.app.store.change(&Permit::own("accept an invitation"), &cx.author_as(user.id)).await?;
    accept_membership(&mut change, &invitation).await?;
    if !change.accept_user(user.id, &first, &last, &hash).await? {
        return Err(invalid());
    }
    let session = change.insert_session(user.id, session_end(cx.now())).await?;
    change.commit().await?;
    let organization_id = invitation.org_id;
    let signed_in = tokens(&cx.app, &session, Some(organization_id), cx.now())?;
    let user = summary(User { first_name: first, last_name: last, is_accepted: true, ..user });
    let message = "Successfully set up account".to_owned();
    let reply = CompleteAccountReply { message, user, token: signed_in.access, organization_id };
    ok(reply).map(|reply| reply.header(SET_COOKIE, signed_in.cookie))
}

/// The invitation that the sign-up token in place of the bearer token stands for.
async fn invited_by_token(cx: &Cx, email: &Email) -> ApiResult<(Invitation, User)> {
    let missing =
        || ApiError::unauthorized("A sign-up token (as bearer) or the code of the invitation is needed");
    let token = cx.meta.bearer.as_ref().ok_or_else(missing)?;
    let claims: SignUpClaims = cx
        .app
        .keys
        .verifier
        .verify(token.reveal())
        .map_err(|_| ApiError::token("This is not a sign-up token of this server"))?;
    if claims.exp <= cx.now().as_seconds() {
        return Err(ApiError::token("Your token has expired. Please re-authenticate."));
    }
    let invitation = Invitation {
        user_id: claims.user_id,
        org_id: claims.organization_id,
        expires_at: Timestamp::from_seconds(claims.exp),
        created_at: Timestamp::from_millis(claims.invited_at),
    };
    Ok((invitation, addressee(cx, claims.user_id, email).await?))
}
