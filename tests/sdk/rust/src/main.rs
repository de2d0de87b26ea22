//! The official Rust SDK, unchanged, against a Vouchsafe server. `cargo xtask test --only sdk-rust` runs it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::process::ExitCode;

use infisical::secrets::{
    CreateSecretRequest, DeleteSecretRequest, GetSecretRequest, ListSecretsRequest, Secret,
    UpdateSecretRequest,
};
use infisical::{AuthMethod, Client, InfisicalError};

type Outcome = Result<(), String>;

/// What the suite works on.
struct Suite {
    url: String,
    client_id: String,
    client_secret: String,
    project: String,
    client: Client,
    failed: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let url = env("VOUCHSAFE_API_URL");
    let client = anonymous(&url).await;
    let mut suite = Suite {
        client_id: env("VOUCHSAFE_CLIENT_ID"),
        client_secret: env("VOUCHSAFE_CLIENT_SECRET"),
        project: env("VOUCHSAFE_PROJECT_ID"),
        url,
        client,
        failed: false,
    };
    suite.run().await;
    if suite.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

impl Suite {
    async fn run(&mut self) {
        let outcome = self.wrong_secret().await;
        self.check("login with a wrong client secret is refused", outcome);
        let outcome = self.no_login().await;
        self.check("a call before login is refused", outcome);
        let outcome = self.login().await;
        self.check("login", outcome);
        let outcome = self.create().await;
        self.check("create a secret", outcome);
        let outcome = self.create_twice().await;
        self.check("creating a secret twice is refused", outcome);
        let outcome = self.read().await;
        self.check("read a secret", outcome);
        let outcome = self.read_missing().await;
        self.check("reading a missing secret is refused", outcome);
        let outcome = self.update().await;
        self.check("update a secret", outcome);
        let outcome = self.rename().await;
        self.check("rename a secret", outcome);
        let outcome = self.update_missing().await;
        self.check("updating a missing secret is refused", outcome);
        let outcome = self.references().await;
        self.check("references are expanded", outcome);
        let outcome = self.list().await;
        self.check("list secrets", outcome);
        let outcome = self.recursive().await;
        self.check("list secrets recursively", outcome);
        let outcome = self.imports().await;
        self.check("list secrets with imports", outcome);
        let outcome = self.imported().await;
        self.check("read an imported secret", outcome);
        let outcome = self.missing_folder().await;
        self.check("a secret in a missing folder is refused", outcome);
        let outcome = self.personal().await;
        self.check("an identity has no personal secrets", outcome);
        let outcome = self.delete().await;
        self.check("delete a secret", outcome);
        let outcome = self.delete_missing().await;
        self.check("deleting a missing secret is refused", outcome);
    }

    fn check(&mut self, name: &str, outcome: Outcome) {
        match outcome {
            Ok(()) => println!("ok {name}"),
            Err(why) => {
                self.failed = true;
                println!("FAILED {name}: {}", why.replace('\n', " "));
            }
        }
    }

    async fn wrong_secret(&self) -> Outcome {
        let login = AuthMethod::new_universal_auth(&self.client_id, "wrong");
        refused(401, anonymous(&self.url).await.login(login).await)
    }

    async fn no_login(&self) -> Outcome {
        match self.get_at("/", "RUST_ONE").await {
            Err(InfisicalError::NotAuthenticated) => Ok(()),
            other => Err(format!("answered {other:?}")),
        }
    }

    async fn login(&mut self) -> Outcome {
        let login = AuthMethod::new_universal_auth(&self.client_id, &self.client_secret);
        self.client.login(login).await.map_err(why)?;
        equal(self.client.logged_in, true)
    }

    async fn create(&self) -> Outcome {
        let request = self.new_secret("RUST_ONE", "one").secret_comment("first").build();
        let secret = self.client.secrets().create(request).await.map_err(why)?;
        equal(secret.secret_key.as_str(), "RUST_ONE")?;
        equal(secret.secret_value.as_str(), "one")?;
        equal(secret.secret_comment.as_str(), "first")?;
        equal(secret.secret_type.as_str(), "shared")?;
        equal(secret.environment.as_str(), "dev")?;
        equal(secret.project_id.as_str(), &self.project)?;
        equal(secret.version, 1)
    }

    async fn create_twice(&self) -> Outcome {
        let request = self.new_secret("RUST_ONE", "again").build();
        refused(400, self.client.secrets().create(request).await)
    }

    async fn read(&self) -> Outcome {
        equal(self.get("RUST_ONE").await?.secret_value.as_str(), "one")
    }

    async fn read_missing(&self) -> Outcome {
        refused(404, self.get_at("/", "RUST_NONE").await)
    }

    async fn update(&self) -> Outcome {
        let request =
            UpdateSecretRequest::builder("RUST_ONE", &self.project, "dev").secret_value("two").build();
        let secret = self.client.secrets().update(request).await.map_err(why)?;
        equal(secret.secret_value.as_str(), "two")?;
        let read = self.get("RUST_ONE").await?;
        equal(read.secret_value.as_str(), "two")?;
        equal(read.version, 2)
    }

    async fn rename(&self) -> Outcome {
        let request = UpdateSecretRequest::builder("RUST_ONE", &self.project, "dev")
            .new_secret_name("RUST_TWO")
            .build();
        self.client.secrets().update(request).await.map_err(why)?;
        equal(self.get("RUST_TWO").await?.secret_value.as_str(), "two")?;
        refused(404, self.get_at("/", "RUST_ONE").await)
    }

    async fn update_missing(&self) -> Outcome {
        let request =
            UpdateSecretRequest::builder("RUST_NONE", &self.project, "dev").secret_value("x").build();
        refused(404, self.client.secrets().update(request).await)
    }

    async fn references(&self) -> Outcome {
        let request = self.new_secret("RUST_REFERENCE", "<${RUST_TWO}>").build();
        self.client.secrets().create(request).await.map_err(why)?;
        equal(self.get("RUST_REFERENCE").await?.secret_value.as_str(), "<two>")?;
        let request = GetSecretRequest::builder("RUST_REFERENCE", &self.project, "dev")
            .expand_secret_references(false)
            .build();
        let raw = self.client.secrets().get(request).await.map_err(why)?;
        equal(raw.secret_value.as_str(), "<${RUST_TWO}>")
    }

    async fn list(&self) -> Outcome {
        let values = self.values(ListSecretsRequest::builder(&self.project, "dev").build()).await?;
        equal(values.get("RUST_TWO").map(String::as_str), Some("two"))?;
        equal(values.get("RUST_REFERENCE").map(String::as_str), Some("<two>"))?;
        equal(values.contains_key("FROM_LIBRARY"), false)
    }

    async fn recursive(&self) -> Outcome {
        let request = self.new_secret("RUST_DEEP", "deep").path("/app/deep").build();
        self.client.secrets().create(request).await.map_err(why)?;
        let flat = self.values(ListSecretsRequest::builder(&self.project, "dev").build()).await?;
        equal(flat.contains_key("RUST_DEEP"), false)?;
        let all =
            self.values(ListSecretsRequest::builder(&self.project, "dev").recursive(true).build()).await?;
        equal(all.get("RUST_DEEP").map(String::as_str), Some("deep"))
    }

    async fn imports(&self) -> Outcome {
        let values =
            self.values(ListSecretsRequest::builder(&self.project, "dev").path("/app").build()).await?;
        equal(values.get("FROM_LIBRARY").map(String::as_str), Some("shelf"))
    }

    async fn imported(&self) -> Outcome {
        equal(self.get_at("/app", "FROM_LIBRARY").await.map_err(why)?.secret_value.as_str(), "shelf")
    }

    async fn missing_folder(&self) -> Outcome {
        let request = self.new_secret("RUST_LOST", "x").path("/nowhere").build();
        refused(404, self.client.secrets().create(request).await)
    }

    async fn personal(&self) -> Outcome {
        let request = self.new_secret("RUST_TWO", "mine").r#type("personal").build();
        refused(400, self.client.secrets().create(request).await)
    }

    async fn delete(&self) -> Outcome {
        let request = DeleteSecretRequest::builder("RUST_TWO", &self.project, "dev").build();
        let secret = self.client.secrets().delete(request).await.map_err(why)?;
        equal(secret.secret_key.as_str(), "RUST_TWO")?;
        refused(404, self.get_at("/", "RUST_TWO").await)
    }

    async fn delete_missing(&self) -> Outcome {
        let request = DeleteSecretRequest::builder("RUST_NONE", &self.project, "dev").build();
        refused(404, self.client.secrets().delete(request).await)
    }

    async fn get(&self, name: &str) -> Result<Secret, String> {
        self.get_at("/", name).await.map_err(why)
    }

    async fn get_at(&self, path: &str, name: &str) -> Result<Secret, InfisicalError> {
        let request = GetSecretRequest::builder(name, &self.project, "dev").path(path).build();
        self.client.secrets().get(request).await
    }

    async fn values(&self, request: ListSecretsRequest) -> Result<BTreeMap<String, String>, String> {
        let secrets = self.client.secrets().list(request).await.map_err(why)?;
        Ok(secrets.into_iter().map(|secret| (secret.secret_key, secret.secret_value)).collect())
    }

    fn new_secret<'a>(
        &'a self,
        name: &'a str,
        value: &'a str,
    ) -> infisical::secrets::CreateSecretBuilder<&'a str, &'a str, &'a str, &'a str> {
        CreateSecretRequest::builder(name, value, self.project.as_str(), "dev")
    }
}

async fn anonymous(url: &str) -> Client {
    Client::builder().base_url(url).build().await.expect("the client builds")
}

fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn why(error: InfisicalError) -> String {
    match error {
        InfisicalError::HttpError { status, message } => format!("{status}: {message}"),
        other => format!("{other:?}"),
    }
}

fn equal<T: PartialEq + Debug>(left: T, right: T) -> Outcome {
    if left == right { Ok(()) } else { Err(format!("{left:?} is not {right:?}")) }
}

/// Asserts that a call was refused with this status.
fn refused<T: Debug>(wanted: u16, outcome: Result<T, InfisicalError>) -> Outcome {
    match outcome {
        Err(InfisicalError::HttpError { status, .. }) if status.as_u16() == wanted => Ok(()),
        Err(other) => Err(why(other)),
        Ok(answer) => Err(format!("not refused, answered {answer:?}")),
    }
}
