//! Azure Auth: an access token of Microsoft Entra ID (`auth-methods.md` section 8).

use serde::{Deserialize, Serialize};
use url::Url;
use vouchsafe_api::auth_azure::{AzureAuthInput, AzureCloud};
use vouchsafe_api::auth_jwt::JwtProof;

use crate::cloud::{self, text};
use crate::jose::{Claims, SetAddress, UnverifiedJwt};
use crate::method::{Finding, Sample};
use crate::pattern::{Patterns, normalized, split};
use crate::{Context, Findings, Issue, Login, Method, Proven, Reason, Refusal};

/// Longest tenant id, in bytes.
const MOST_TENANT: usize = 128;
/// Longest audience, in bytes.
const MOST_RESOURCE: usize = 1024;

/// Azure Auth.
pub struct AzureAuth;

/// Configuration of Azure Auth.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AzureConfig {
    tenant_id: String,
    resource: String,
    allowed_service_principal_ids: String,
    allowed_managed_identity_ids: String,
    cloud: Option<AzureCloud>,
}

/// Configuration of Azure Auth, ready for checking.
pub struct Ready {
    /// In lower case, as it is in tokens.
    tenant: String,
    resource: String,
    principals: Patterns,
    /// In lower case: resource ids are compared without regard to it.
    managed: Vec<String>,
    cloud: Option<AzureCloud>,
}

/// Where a cloud issues tokens.
struct Issuers {
    /// Of tokens of version 1.
    sts: &'static str,
    /// Of tokens of version 2; keys are there, too.
    login: &'static str,
}

fn issuers(cloud: AzureCloud) -> Issuers {
    match cloud {
        AzureCloud::Public => {
            Issuers { sts: "https://sts.windows.net", login: "https://login.microsoftonline.com" }
        }
        AzureCloud::UsGov => {
            Issuers { sts: "https://sts.windows.net", login: "https://login.microsoftonline.us" }
        }
        AzureCloud::China => {
            Issuers { sts: "https://sts.chinacloudapi.cn", login: "https://login.partner.microsoftonline.cn" }
        }
    }
}

/// The cloud that a configuration is of: as it says, else as the server's setting says, else the public one.
fn cloud_of(context: &Context<'_>, ready: &Ready) -> AzureCloud {
    let host = context.endpoints.azure_authority.as_ref().and_then(Url::host_str);
    ready.cloud.unwrap_or(match host {
        Some("login.microsoftonline.us") => AzureCloud::UsGov,
        Some("login.partner.microsoftonline.cn" | "login.chinacloudapi.cn") => AzureCloud::China,
        _ => AzureCloud::Public,
    })
}

impl Method for AzureAuth {
    const ID: &'static str = "azure-auth";
    const NAME: &'static str = "Azure Auth";
    const RESPONSE_KEY: &'static str = "identityAzureAuth";
    type Input = AzureAuthInput;
    type Config = AzureConfig;

    fn configure(stored: Option<AzureConfig>, input: AzureAuthInput) -> Result<AzureConfig, Issue> {
        let stored = stored.as_ref();
        let kept = |sent: Option<String>, stored: Option<&String>| {
            sent.or_else(|| stored.cloned()).unwrap_or_default().trim().to_owned()
        };
        let config = AzureConfig {
            tenant_id: kept(input.tenant_id, stored.map(|config| &config.tenant_id)),
            resource: kept(input.resource, stored.map(|config| &config.resource)),
            allowed_service_principal_ids: normalized(
                "allowedServicePrincipalIds",
                &kept(
                    input.allowed_service_principal_ids,
                    stored.map(|config| &config.allowed_service_principal_ids),
                ),
            )?,
            allowed_managed_identity_ids: normalized(
                "allowedManagedIdentityIds",
                &kept(
                    input.allowed_managed_identity_ids,
                    stored.map(|config| &config.allowed_managed_identity_ids),
                ),
            )?,
            cloud: input.cloud.or(stored.and_then(|config| config.cloud)),
        };
        ready(&config)?;
        Ok(config)
    }
}

fn ready(config: &AzureConfig) -> Result<Ready, Issue> {
    let tenant = &config.tenant_id;
    // It becomes a part of the address of the keys.
    let is_tenant = tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if tenant.is_empty() || tenant.len() > MOST_TENANT || !is_tenant {
        return Err(Issue::new("tenantId", "Expected the id of a tenant, a UUID"));
    }
    if config.resource.is_empty() || config.resource.len() > MOST_RESOURCE {
        return Err(Issue::new(
            "resource",
            "Expected the audience of tokens, such as https://management.azure.com/",
        ));
    }
    let managed = split("allowedManagedIdentityIds", &config.allowed_managed_identity_ids)?;
    Ok(Ready {
        tenant: tenant.to_ascii_lowercase(),
        resource: config.resource.clone(),
        principals: Patterns::exact("allowedServicePrincipalIds", &config.allowed_service_principal_ids)?,
        managed: managed.into_iter().map(str::to_ascii_lowercase).collect(),
        cloud: config.cloud,
    })
}

impl Login for AzureAuth {
    type Proof = JwtProof;
    type Ready = Ready;
    type Facts = Claims;

    fn ready(config: AzureConfig) -> Result<Ready, Refusal> {
        ready(&config).map_err(|issue| Refusal::new(Reason::Configuration, issue.to_string()))
    }

    async fn verify(context: &Context<'_>, ready: &Ready, proof: &JwtProof) -> Result<Claims, Refusal> {
        let token = UnverifiedJwt::parse(proof.jwt.trim())?;
        cloud::check_algorithm(&token, "Entra ID")?;
        let address = key_address(context, ready, token.claimed("ver") == Some("2.0"))?;
        cloud::verified(context, &token, address).await
    }

    /// Entra ID signs for all tenants with the same keys: what tells tenants apart is `iss` and `tid` alone.
    fn admit(context: &Context<'_>, ready: &Ready, claims: &Claims) -> Findings {
        let mut findings = Findings::new();
        let (tenant, issuers) = (&ready.tenant, issuers(cloud_of(context, ready)));
        let expected = [format!("{}/{tenant}/", issuers.sts), format!("{}/{tenant}/v2.0", issuers.login)];
        findings.check(
            "issuer",
            expected.iter().any(|one| one == text(claims, "iss")),
            Reason::Issuer,
            || format!("iss is {:?}; expected {:?} or {:?}", text(claims, "iss"), expected[0], expected[1]),
        );
        findings.check("tenant", text(claims, "tid") == tenant, Reason::Account, || {
            format!("tid is {:?}; expected {tenant:?}", text(claims, "tid"))
        });
        let audience = text(claims, "aud");
        findings.check("audience", is_audience(&ready.resource, audience), Reason::Audience, || {
            format!("aud is {audience:?}; expected {:?}", ready.resource)
        });
        if !ready.principals.is_empty() || !ready.managed.is_empty() {
            findings.check("principal", is_allowed(ready, claims), Reason::Principal, || {
                let [oid, mirid] = ["oid", "xms_mirid"].map(|name| text(claims, name));
                format!(
                    "the principal with oid {oid:?} and managed identity {mirid:?} is not among those allowed"
                )
            });
        }
        findings
    }

    fn proven(_: &Context<'_>, _: &Ready, _: &Claims) -> Proven {
        Proven::default()
    }

    fn suppose(sample: &Sample) -> Option<Result<Claims, Refusal>> {
        UnverifiedJwt::of_sample(sample)
    }

    async fn probe(context: &Context<'_>, ready: &Ready) -> Vec<Finding> {
        let mut findings = Findings::new();
        for (what, second) in [("fetch the keys of version 1", false), ("fetch the keys of version 2", true)]
        {
            let fetched = async { cloud::keys(key_address(context, ready, second)?).refresh(context).await };
            findings.note(what, fetched.await);
        }
        findings.into_vec()
    }
}

/// Where the keys of a tenant are, for tokens of either version.
fn key_address(context: &Context<'_>, ready: &Ready, second: bool) -> Result<SetAddress, Refusal> {
    let authority = match &context.endpoints.azure_authority {
        Some(url) => url.as_str(),
        None => issuers(cloud_of(context, ready)).login,
    };
    let path = if second { "discovery/v2.0/keys" } else { "discovery/keys" };
    let url = format!("{}/{}/{path}", authority.trim_end_matches('/'), ready.tenant);
    let url = url.parse();
    url.map(SetAddress::Jwks).map_err(|_| {
        Refusal::new(Reason::Configuration, "VOUCHSAFE_AZURE_AUTHORITY is no address that can be used")
    })
}

/// Whether a token is meant for this resource. A slash at the end of what is configured is dropped if the token has none.
fn is_audience(resource: &str, audience: &str) -> bool {
    audience == resource || (!audience.ends_with('/') && resource.strip_suffix('/') == Some(audience))
}

/// Whether the principal is in one of the lists: by its object id, or, of a managed identity, by its resource id or its
/// client id (`appid` in version 1, `azp` in version 2).
fn is_allowed(ready: &Ready, claims: &Claims) -> bool {
    let ids = ["xms_mirid", "appid", "azp"].map(|name| text(claims, name).to_ascii_lowercase());
    ready.principals.matches(text(claims, "oid")) || ids.iter().any(|id| ready.managed.contains(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Endpoints, Workshop};
    use serde_json::{Value, json};
    use vouchsafe_domain::id::IdentityId;
    use vouchsafe_domain::time::Timestamp;

    const TENANT: &str = "7f3ae1c2-8d9b-4e10-9c55-0a1b2c3d4e5f";
    const MIRID: &str =
        "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app";

    fn verdict(authority: Option<&str>, config: Value, claims: Value) -> Option<Reason> {
        let azure_authority = authority.map(|url| url.parse().unwrap());
        let workshop = Workshop::new(Vec::new(), Endpoints { azure_authority, ..Endpoints::default() });
        let identity: IdentityId = "00000000-0000-4000-8000-000000000001".parse().unwrap();
        let context = workshop.context(Timestamp::from_millis(1_800_000_000_000), identity, None);
        let mut all = json!({ "tenantId": TENANT, "resource": "https://management.azure.com/" });
        all.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
        let config = AzureAuth::configure(None, serde_json::from_value(all).unwrap()).unwrap();
        let ready = AzureAuth::ready(config).unwrap();
        let mut all = json!({
            "iss": format!("https://sts.windows.net/{TENANT}/"), "tid": TENANT, "oid": "11",
            "aud": "https://management.azure.com", "appid": "22", "xms_mirid": MIRID,
        });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let claims: Claims = serde_json::from_value(all).unwrap();
        AzureAuth::admit(&context, &ready, &claims).verdict().err().map(|refusal| refusal.reason)
    }

    #[test]
    fn issuer_and_tenant_have_to_be_those_of_the_cloud() {
        let v2 = |login: &str| json!({ "iss": format!("https://{login}/{TENANT}/v2.0") });
        let (public, gov, china) =
            ("login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn");
        let other = TENANT.replace('7', "8");
        for (authority, config, claims, expected) in [
            (None, json!({}), json!({}), None),
            (None, json!({ "tenantId": TENANT.to_uppercase() }), json!({}), None),
            (None, json!({}), v2(public), None),
            (None, json!({}), v2(gov), Some(Reason::Issuer)),
            (None, json!({ "cloud": "usgov" }), v2(gov), None),
            (None, json!({ "cloud": "usgov" }), v2(public), Some(Reason::Issuer)),
            (None, json!({ "cloud": "china" }), v2(china), None),
            (
                None,
                json!({ "cloud": "china" }),
                json!({ "iss": format!("https://sts.chinacloudapi.cn/{TENANT}/") }),
                None,
            ),
            (None, json!({ "cloud": "china" }), json!({}), Some(Reason::Issuer)),
            (Some("https://login.microsoftonline.us/"), json!({}), v2(gov), None),
            (Some("https://proxy.example"), json!({}), v2(public), None),
            (
                None,
                json!({}),
                json!({ "iss": format!("https://sts.windows.net/{TENANT}") }),
                Some(Reason::Issuer),
            ),
            (
                None,
                json!({}),
                json!({ "iss": format!("https://sts.windows.net/{other}/") }),
                Some(Reason::Issuer),
            ),
            (None, json!({}), json!({ "tid": other }), Some(Reason::Account)),
            (None, json!({}), json!({ "tid": null }), Some(Reason::Account)),
        ] {
            assert_eq!(
                verdict(authority, config.clone(), claims.clone()),
                expected,
                "{authority:?} {config} {claims}"
            );
        }
    }

    #[test]
    fn audience_and_principal_have_to_be_allowed() {
        for (config, claims, expected) in [
            (json!({ "allowedServicePrincipalIds": "10, 11" }), json!({}), None),
            (json!({ "allowedServicePrincipalIds": "10" }), json!({}), Some(Reason::Principal)),
            (
                json!({ "allowedServicePrincipalIds": "10", "allowedManagedIdentityIds": MIRID.to_uppercase() }),
                json!({}),
                None,
            ),
            (json!({ "allowedManagedIdentityIds": "22" }), json!({}), None),
            (json!({ "allowedManagedIdentityIds": "22" }), json!({ "appid": null, "azp": "22" }), None),
            (json!({ "allowedManagedIdentityIds": "23" }), json!({}), Some(Reason::Principal)),
            (json!({ "allowedManagedIdentityIds": "11" }), json!({}), Some(Reason::Principal)),
            (json!({}), json!({ "aud": "https://management.azure.com/" }), None),
            (json!({}), json!({ "aud": "https://vault.azure.net" }), Some(Reason::Audience)),
            (json!({}), json!({ "aud": ["https://management.azure.com"] }), Some(Reason::Audience)),
            (json!({ "resource": "api://a" }), json!({ "aud": "api://a/" }), Some(Reason::Audience)),
        ] {
            assert_eq!(verdict(None, config.clone(), claims.clone()), expected, "{config} {claims}");
        }
    }

    #[test]
    fn a_tenant_is_a_part_of_an_address() {
        for tenant in ["", "a/b", "..", "a?b", "a b", "https://a", &"a".repeat(129)] {
            let input = json!({ "tenantId": tenant, "resource": "r" });
            assert!(AzureAuth::configure(None, serde_json::from_value(input).unwrap()).is_err(), "{tenant}");
        }
    }
}
