//! The first start, and the instance itself: `/api/v1/admin`.

use vouchsafe_api::admin::{ConfigReply, InstanceConfig};
use vouchsafe_api::common::Nothing;

use super::cx::Cx;
use super::reply::ok;
use super::route::{Access, Outcome, Routes};

pub(super) fn routes() -> Routes {
    Routes::new("Instance").get(["/api/v1/admin/config"], Access::Open, "How the instance is set up", config)
}

async fn config(cx: Cx, _: Nothing) -> Outcome<ConfigReply> {
    ok(ConfigReply {
        config: InstanceConfig {
            initialized: cx.app.store.is_initialized().await?,
            allow_sign_up: false,
            allowed_sign_up_domain: None,
            trust_saml_emails: false,
            trust_ldap_emails: false,
            trust_oidc_emails: false,
            default_auth_org_id: None,
            enabled_login_methods: vec!["email".to_owned()],
        },
    })
}
