//! The first start: the first administrator and the first organization, made once.

use serde_json::json;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_domain::id::{AuthMethodId, IdentityId, OrgId, TokenId, UserId};
use vouchsafe_domain::ip::TrustedIps;
use vouchsafe_domain::lockout::LockoutSettings;
use vouchsafe_domain::slug::slugify;
use vouchsafe_domain::text::Email;
use vouchsafe_domain::token_settings::TokenSettings;
use vouchsafe_keys::random;
use vouchsafe_policy::Permit;
use vouchsafe_policy::builtin::OrgRole;
use vouchsafe_store::{
    AuthMethodParts, Author, Change, FIRST_SOURCE, NewAuthMethod, NewIdentity, NewRoleRef, NewUser,
    StoreError,
};

use super::tokens::{Issue, TOKEN_AUTH, issue};
use crate::app::App;
use crate::http::error::{ApiError, ApiResult};

/// Name of the identity that automation acts as after the first start.
pub const IDENTITY_NAME: &str = "Instance Admin Identity";

/// Who and what is made.
pub struct FirstStart<'a> {
    /// E-mail address of the administrator.
    pub email: &'a Email,
    /// Password of the administrator.
    pub password: &'a Concealed,
    /// First name.
    pub first_name: &'a str,
    /// Last name.
    pub last_name: &'a str,
    /// Name of the organization.
    pub organization: &'a str,
    /// What to say when the instance has been set up before.
    pub refusal: &'static str,
}

/// The first administrator and organization, in a change that is still open.
pub struct Founded {
    /// The administrator.
    pub user: UserId,
    /// The organization.
    pub organization: OrgId,
    /// Its slug.
    pub slug: String,
}

/// Refuses unless the instance still waits for its first administrator; hashes the password then.
/// (Nobody can make this server hash passwords for nothing later.)
pub async fn prepare(app: &App, first: &FirstStart<'_>) -> ApiResult<String> {
    if app.store.is_initialized().await? {
        return Err(ApiError::bad_request(first.refusal));
    }
    app.passwords.hash("password", first.password).await
}

/// Opens the change of the first start.
pub async fn open(app: &App, author: &Author) -> ApiResult<Change> {
    Ok(app.store.change(&Permit::system("the first start"), author).await?)
}

/// Makes administrator and organization. Of two first starts at the same time one is refused.
pub async fn found(change: &mut Change, first: &FirstStart<'_>, hash: &str) -> ApiResult<Founded> {
    if !change.mark_initialized().await? {
        return Err(ApiError::bad_request(first.refusal));
    }
    let user = NewUser {
        email: first.email.as_str(),
        first_name: first.first_name,
        last_name: first.last_name,
        password_hash: Some(hash),
        super_admin: true,
    };
    let user = change.insert_user(&user).await.map_err(|error| match error {
        StoreError::Conflict(_) => ApiError::bad_request("User already exists"),
        error => error.into(),
    })?;
    let slug = unique_slug(first.organization);
    let organization = change.insert_organization(first.organization, &slug).await?;
    change.add_org_member(organization, user, &NewRoleRef::built_in(OrgRole::Admin.slug()), true).await?;
    let detail = json!({ "userId": user, "email": first.email, "organization": first.organization });
    change.audit("set-up-instance", organization, None, &detail);
    Ok(Founded { user, organization, slug })
}

/// The name as a slug of at most 64 characters that nobody else has.
fn unique_slug(name: &str) -> String {
    let mut slug = slugify(name);
    slug.truncate(55);
    format!("{}-{}", slug.trim_end_matches('-'), random::alphanumeric(8).to_ascii_lowercase())
}

/// The identity that automation acts as, with what its token is signed from.
pub struct FirstIdentity {
    /// The identity.
    pub id: IdentityId,
    organization: OrgId,
    method: AuthMethodId,
    token: TokenId,
    settings: TokenSettings,
}

/// Makes the identity that administers organization and instance, with token auth and one token that
/// may be used from anywhere and lives as long as tokens may.
pub async fn first_identity(change: &mut Change, organization: OrgId) -> ApiResult<FirstIdentity> {
    let new = NewIdentity {
        org: organization,
        project: None,
        name: IDENTITY_NAME,
        role: NewRoleRef::built_in(OrgRole::Admin.slug()),
        has_delete_protection: false,
        instance_admin: true,
    };
    let id = change.insert_identity(&new).await?;
    let settings = TokenSettings::new(0, 0, 0, 0, TrustedIps::any())
        .map_err(|error| ApiError::internal(error.to_string()))?;
    let method = NewAuthMethod {
        identity: id,
        method: TOKEN_AUTH,
        login_key: None,
        parts: AuthMethodParts {
            source: FIRST_SOURCE,
            config: &json!({}),
            sealed: None,
            roles: None,
            tokens: &settings,
            lockout: &LockoutSettings::default(),
        },
    };
    let method = change.insert_auth_method(&method).await?;
    let token = change.insert_token(id, method, Some("Instance Admin Token"), &settings).await?;
    let detail = json!({ "identityId": id, "name": IDENTITY_NAME, "tokenId": token });
    change.audit("create-identity", organization, None, &detail);
    Ok(FirstIdentity { id, organization, method, token, settings })
}

impl FirstIdentity {
    /// Signs the identity's token.
    pub fn sign(&self, app: &App, author: &Author) -> ApiResult<Concealed> {
        let token = Issue {
            id: self.token,
            identity_id: self.id,
            identity_name: IDENTITY_NAME,
            org_id: self.organization,
            token_epoch: 0,
            method: TOKEN_AUTH,
            method_id: self.method,
            client_secret_id: String::new(),
            settings: &self.settings,
            proven: &vouchsafe_attest::Proven::default(),
        };
        Ok(Concealed::new(issue(app, &token, author.at)?.access_token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_of_organizations_are_slugs_and_differ() {
        use vouchsafe_domain::slug::Slug;
        for name in ["Acme Inc.", "日本", "-", &"long name ".repeat(20)] {
            let slug = unique_slug(name);
            assert!(Slug::parse(&slug, 1..=64).is_ok(), "{slug}");
            assert_ne!(slug, unique_slug(name));
        }
    }
}
