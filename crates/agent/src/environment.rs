//! The secrets of a folder as variables for a program.

use std::collections::BTreeMap;

use vouchsafe_api::secrets::{ListSecrets, SecretList};
use vouchsafe_client::variables::{refused, weakest_first};
use vouchsafe_client::{Client, Error, Fetched};

use crate::child::Variables;
use crate::config::Environment;

/// Reads a folder again and again.
#[derive(Debug)]
pub(crate) struct Folder {
    input: ListSecrets,
    etag: Option<String>,
}

impl Folder {
    pub(crate) fn new(folder: &Environment) -> Self {
        let input = ListSecrets {
            project_id: Some(folder.project),
            environment: folder.environment.clone(),
            secret_path: Some(folder.path.clone()),
            view_secret_value: Some(true),
            ..ListSecrets::default()
        };
        Self { input, etag: None }
    }

    /// The variables, if they may have changed since the last time.
    pub(crate) async fn poll(&mut self, client: &Client) -> Result<Option<Variables>, Error> {
        match client.list_secrets_unless(&self.input, self.etag.as_deref()).await? {
            Fetched::Unchanged => Ok(None),
            Fetched::New { value, etag } => {
                self.etag = etag;
                Ok(Some(variables(value)))
            }
        }
    }
}

fn variables(list: SecretList) -> Variables {
    let mut variables = BTreeMap::new();
    for secret in weakest_first(list) {
        let name = secret.secret_key;
        if secret.secret_value_hidden {
            tracing::warn!(name, "the secret is left out: its value may not be read");
        } else if let Some(why) = refused(&name, secret.secret_value.reveal()) {
            tracing::warn!(name, "the secret is left out: {why}");
        } else {
            variables.insert(name, secret.secret_value);
        }
    }
    variables
}
