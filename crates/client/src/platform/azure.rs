//! Azure: a token of a managed identity, of a federated workload, or of an application.

use reqwest::Method;
use serde_json::json;
use url::Url;

use super::ask::{Place, Question};
use super::given::{Identity, from_file};
use super::{NoProof, Proof, Source, Surroundings, Trail};

/// Whose token is asked for if nothing is configured: that of Azure's own management API, which any identity gets.
const RESOURCE: &str = "https://management.azure.com/";
const RESOURCE_VARIABLES: [&str; 2] = ["VOUCHSAFE_AZURE_RESOURCE", "INFISICAL_AZURE_RESOURCE"];
const CLIENT_ID: &str = "AZURE_CLIENT_ID";
const TENANT: &str = "AZURE_TENANT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const FEDERATED: &str = "AZURE_FEDERATED_TOKEN_FILE";
const APP_SERVICE: [&str; 2] = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"];
const WHAT: &str = "an access token";

/// Where a token of Azure comes from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Azure {
    /// Who logs in.
    pub identity: Identity,
    /// The resource (audience) that the auth method expects; Azure's management API if missing.
    pub resource: Option<String>,
    /// Client id of a managed identity that the machine has beside its own.
    pub client_id: Option<String>,
}

impl Azure {
    /// Whether variables of Azure are set.
    pub(super) fn is_around(around: &Surroundings) -> bool {
        around.variable(&[FEDERATED, APP_SERVICE[1], SECRET]).is_some()
    }

    fn resource<'a>(&'a self, around: &'a Surroundings) -> &'a str {
        let given = self.resource.as_deref().filter(|resource| !resource.trim().is_empty());
        given.or_else(|| Some(around.variable(&RESOURCE_VARIABLES)?.1)).unwrap_or(RESOURCE)
    }

    fn client_id<'a>(&'a self, around: &'a Surroundings) -> Option<&'a str> {
        self.client_id.as_deref().or_else(|| Some(around.variable(&[CLIENT_ID])?.1))
    }

    /// In the order of Azure's own SDKs: an application's secret, a federated workload, App Service, the machine.
    async fn token(&self, around: &Surroundings, trail: &mut Trail) -> Result<String, NoProof> {
        let (tenant, client_id) = (around.variable(&[TENANT]), self.client_id(around));
        match (around.variable(&[SECRET]), tenant, client_id) {
            (Some((name, secret)), Some((_, tenant)), Some(client_id)) => {
                trail.took(name, "the secret of an application");
                return self.exchange(tenant, client_id, &[("client_secret", secret)], around, trail).await;
            }
            (Some((name, _)), ..) => trail.passed(name, "set, but AZURE_TENANT_ID or AZURE_CLIENT_ID is not"),
            (None, ..) => trail.passed(SECRET, "not set"),
        }
        match (around.variable(&[FEDERATED]), tenant, client_id) {
            (Some((name, path)), Some((_, tenant)), Some(client_id)) => {
                let assertion = from_file(path.as_ref(), name, "a federated token", around, trail)?;
                let fields = [("client_assertion_type", ASSERTION), ("client_assertion", assertion.as_str())];
                return self.exchange(tenant, client_id, &fields, around, trail).await;
            }
            (Some((name, _)), ..) => trail.passed(name, "set, but AZURE_TENANT_ID or AZURE_CLIENT_ID is not"),
            (None, ..) => trail.passed(FEDERATED, "not set, so this is no federated workload"),
        }
        let (endpoint, header) = (around.variable(&[APP_SERVICE[0]]), around.variable(&[APP_SERVICE[1]]));
        if let (Some((name, endpoint)), Some((_, header))) = (endpoint, header) {
            trail.took(name, "this is App Service");
            let url = self.managed(endpoint, "2019-08-01", around)?;
            let question = Question::get(Place::Beside, &url, WHAT)?.header("x-identity-header", header);
            return question.ask(trail).await?.field(&["access_token"]);
        }
        trail.passed(APP_SERVICE.join(", "), "not set, so this is not App Service");
        let host = around.variable(&["AZURE_POD_IDENTITY_AUTHORITY_HOST"]).map(|(_, host)| host);
        let host = host.unwrap_or("http://169.254.169.254").trim_end_matches('/');
        let url = self.managed(&format!("{host}/metadata/identity/oauth2/token"), "2018-02-01", around)?;
        let question = Question::get(Place::Beside, &url, WHAT)?.header("metadata", "true");
        question.ask(trail).await?.field(&["access_token"])
    }

    /// The address at which a managed identity's token is asked for.
    fn managed(&self, endpoint: &str, version: &str, around: &Surroundings) -> Result<String, NoProof> {
        let mut url = Url::parse(endpoint).map_err(|_| NoProof::new(format!("{endpoint} is no URL")))?;
        url.query_pairs_mut()
            .append_pair("api-version", version)
            .append_pair("resource", self.resource(around));
        if let Some(client_id) = self.client_id(around) {
            url.query_pairs_mut().append_pair("client_id", client_id);
        }
        Ok(url.into())
    }

    /// Client credentials (RFC 6749 section 4.4; RFC 7523 section 2.2 for assertions).
    async fn exchange(
        &self,
        tenant: &str,
        client_id: &str,
        credential: &[(&str, &str)],
        around: &Surroundings,
        trail: &mut Trail,
    ) -> Result<String, NoProof> {
        let authority = around.variable(&["AZURE_AUTHORITY_HOST"]).map(|(_, host)| host);
        let authority = authority.unwrap_or("https://login.microsoftonline.com").trim_end_matches('/');
        let scope = format!("{}/.default", self.resource(around).trim_end_matches('/'));
        let mut fields =
            vec![("grant_type", "client_credentials"), ("client_id", client_id), ("scope", &scope)];
        fields.extend_from_slice(credential);
        let url = format!("{authority}/{tenant}/oauth2/v2.0/token");
        let question = Question::new(Place::Elsewhere, Method::POST, &url, WHAT)?.form(&fields);
        question.ask(trail).await?.field(&["access_token"])
    }
}

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl Source for Azure {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        let jwt = self.token(around, trail).await?;
        self.identity.proof("azure-auth", &json!({ "jwt": jwt }), around, trail)
    }
}
