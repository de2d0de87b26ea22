//! Ready commands and code that log in with a client secret. Ids, secrets and addresses have no character that a shell,
//! a string or YAML would read otherwise; an address is quoted all the same.

/// With curl, which reads the secret from its input: other users of a machine can see arguments.
pub(super) fn curl(url: &str, client_id: &str, client_secret: &str) -> String {
    format!(
        "curl -s '{url}/api/v1/auth/universal-auth/login' -d @- <<'END'\n\
         clientId={client_id}&clientSecret={client_secret}\nEND"
    )
}

/// With our own command line.
pub(super) fn cli(url: &str, client_id: &str, client_secret: &str) -> String {
    format!(
        "export VOUCHSAFE_API_URL='{url}'\nexport VOUCHSAFE_CLIENT_ID={client_id}\n\
         export VOUCHSAFE_CLIENT_SECRET={client_secret}\n\
         vouchsafe run --project-id … --env prod -- ./app"
    )
}

/// With the official Node SDK.
pub(super) fn node(url: &str, client_id: &str, client_secret: &str) -> String {
    format!(
        "import {{ InfisicalSDK }} from \"@infisical/sdk\";\n\n\
         const client = new InfisicalSDK({{ siteUrl: \"{url}\" }});\n\
         await client.auth().universalAuth.login({{\n  clientId: \"{client_id}\",\n  \
         clientSecret: \"{client_secret}\",\n}});"
    )
}

/// With the official Python SDK.
pub(super) fn python(url: &str, client_id: &str, client_secret: &str) -> String {
    format!(
        "from infisical_sdk import InfisicalSDKClient\n\n\
         client = InfisicalSDKClient(host=\"{url}\")\n\
         client.auth.universal_auth.login(\n    client_id=\"{client_id}\",\n    \
         client_secret=\"{client_secret}\",\n)"
    )
}

/// The credentials that the official Kubernetes operator reads.
pub(super) fn kubernetes(url: &str, client_id: &str, client_secret: &str) -> String {
    format!(
        "# hostAPI of the InfisicalSecret: {url}/api\napiVersion: v1\nkind: Secret\nmetadata:\n  \
         name: universal-auth-credentials\ntype: Opaque\nstringData:\n  clientId: \"{client_id}\"\n  \
         clientSecret: \"{client_secret}\""
    )
}

/// A ready token, on the command line.
pub(super) fn token_cli(url: &str, token: &str) -> String {
    format!(
        "export VOUCHSAFE_API_URL='{url}'\nexport VOUCHSAFE_TOKEN={token}\n\
         vouchsafe run --project-id … --env prod -- ./app"
    )
}
