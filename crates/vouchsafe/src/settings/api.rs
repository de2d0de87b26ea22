//! Settings of the commands that call a server.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use clap::{Args, ValueEnum};
use vouchsafe_client::Client;
use vouchsafe_client::platform::{Source as _, Surroundings, Trail, Universal};
use vouchsafe_domain::id::ProjectId;

use super::server::DEFAULT_LISTEN;
use super::{FileSettings, Name, text, variable};
use crate::failure::{Failure, Outcome};
use crate::printer::Format;

/// Which server to call.
#[derive(Args, Clone)]
pub(crate) struct AddressArgs {
    /// Address of the server; `INFISICAL_API_URL` is read as well [default: http://127.0.0.1:8080]
    #[arg(
        long,
        visible_alias = "domain",
        env = "VOUCHSAFE_API_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    api_url: Option<String>,
}

impl AddressArgs {
    /// A client of that server, without a token.
    pub(crate) fn client(self, file: &FileSettings) -> Outcome<Client> {
        let given = text(self.api_url, None).or_else(|| variable(&["INFISICAL_API_URL"]));
        let address = match (given, &file.api_url) {
            (Some(address), _) => address,
            // Whoever can put a file into a folder must not learn the tokens of those who work there.
            (None, Some(_)) if file.found => {
                return Err(Failure::usage(
                    "`api-url` in ./vouchsafe.toml is believed only if you name the file",
                )
                .hint(
                    "add `--config vouchsafe.toml`, or give the address with --api-url or VOUCHSAFE_API_URL",
                ));
            }
            (None, Some(address)) => address.clone(),
            (None, None) => format!("http://{DEFAULT_LISTEN}"),
        };
        Client::new(&address).map_err(|error| Failure { code: 2, ..error.into() })
    }
}

/// Which server to call, and as whom.
#[derive(Args, Clone)]
pub(crate) struct AccessArgs {
    #[command(flatten)]
    address: AddressArgs,
    /// Access token; `INFISICAL_TOKEN` is read as well. Without one, the client id and secret of Universal
    /// Auth in the environment are used to log in
    #[arg(long, env = "VOUCHSAFE_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,
}

impl AccessArgs {
    /// A client that acts as somebody.
    pub(crate) async fn client(self, file: &FileSettings) -> Outcome<Client> {
        let client = self.address.client(file)?;
        if let Some(token) = token(self.token) {
            return Ok(client.with_token(&token)?);
        }
        let around = Surroundings::of_this_process();
        if !Universal::is_around(&around) {
            return Err(Failure::usage("no access token was given").hint(
                "log in with `export VOUCHSAFE_TOKEN=$(vouchsafe login --client-id … --client-secret … --plain)`",
            ));
        }
        let proof = Universal::default().proof(&around, &mut Trail::default()).await?;
        let token = client.log_in(&proof).await?.access_token;
        Ok(client.with_token(&token)?)
    }
}

/// The first token that is given.
pub(crate) fn token(given: Option<String>) -> Option<String> {
    text(given, None).or_else(|| variable(&["INFISICAL_TOKEN"]))
}

/// Client id and secret of Universal Auth.
#[derive(Args)]
pub(crate) struct UniversalArgs {
    /// Client id; `INFISICAL_UNIVERSAL_AUTH_CLIENT_ID` is read as well
    #[arg(long, env = "VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_ID", hide_env_values = true, value_name = "ID")]
    client_id: Option<String>,
    /// Client secret; `INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET` is read as well
    #[arg(
        long,
        env = "VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    client_secret: Option<String>,
}

impl UniversalArgs {
    /// Where the proof comes from.
    pub(crate) fn source(self) -> Universal {
        Universal { client_id: self.client_id, client_secret: self.client_secret, organization_slug: None }
    }
}

/// Which folder of which project.
#[derive(Args)]
pub(crate) struct FolderArgs {
    /// Id of the project
    #[arg(
        long,
        visible_alias = "projectId",
        env = "VOUCHSAFE_PROJECT_ID",
        hide_env_values = true,
        value_name = "ID"
    )]
    project_id: Option<String>,
    /// Slug of the environment [default: dev]
    #[arg(
        long = "env",
        short = 'e',
        visible_alias = "environment",
        env = "VOUCHSAFE_ENVIRONMENT",
        hide_env_values = true,
        value_name = "SLUG"
    )]
    environment: Option<String>,
    /// Folder of the secrets; `run` and `export` take several, and later ones win over earlier ones [default: /]
    #[arg(
        long = "path",
        short = 'p',
        env = "VOUCHSAFE_SECRET_PATH",
        hide_env_values = true,
        value_name = "PATH"
    )]
    secret_paths: Vec<String>,
}

/// Resolved folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub(crate) project: ProjectId,
    pub(crate) environment: String,
    pub(crate) path: String,
}

impl FolderArgs {
    /// Merges flags, environment and file.
    pub(crate) fn resolve(mut self, file: &FileSettings) -> Outcome<Folder> {
        if self.secret_paths.len() > 1 {
            return Err(Failure::usage("`--path`: this command takes one folder"));
        }
        let name = Name::new("--project-id", "VOUCHSAFE_PROJECT_ID");
        let project = text(self.project_id, file.project_id.as_ref())
            .ok_or_else(|| name.refuse("not given"))?
            .trim()
            .parse()
            .map_err(|_| name.refuse("expected the id of a project, a UUID"))?;
        Ok(Folder {
            project,
            environment: text(self.environment, file.environment.as_ref())
                .unwrap_or_else(|| "dev".to_owned()),
            path: text(self.secret_paths.pop(), file.secret_path.as_ref()).unwrap_or_else(|| "/".to_owned()),
        })
    }

    /// The same for commands that take several folders; at least one.
    pub(crate) fn resolve_all(mut self, file: &FileSettings) -> Outcome<Vec<Folder>> {
        let more = self.secret_paths.split_off(self.secret_paths.len().min(1));
        let first = self.resolve(file)?;
        let others: Vec<Folder> = more.into_iter().map(|path| Folder { path, ..first.clone() }).collect();
        Ok(std::iter::once(first).chain(others).collect())
    }
}

/// How data is written to stdout.
#[derive(Args, Clone, Copy)]
pub(crate) struct OutputArgs {
    /// How data is written to stdout
    #[arg(long, short, value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    output: Output,
}

/// A format of data.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Output {
    /// For people and shells.
    #[value(alias = "table")]
    Text,
    /// For programs.
    Json,
    /// For programs and people.
    Yaml,
}

impl OutputArgs {
    /// The format for programs that is asked for; `None` means text for people.
    pub(crate) fn format(self) -> Option<Format> {
        match self.output {
            Output::Text => None,
            Output::Json => Some(Format::Json),
            Output::Yaml => Some(Format::Yaml),
        }
    }
}
