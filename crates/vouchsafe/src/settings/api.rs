//! Settings of the commands that call a server.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use clap::{Args, ValueEnum};
use vouchsafe_client::Client;
use vouchsafe_client::platform::{Surroundings, Trail};
use vouchsafe_domain::id::ProjectId;
use vouchsafe_domain::time::Clock as _;
use vouchsafe_server::SystemClock;

use super::machine::{self, LoggedIn};
use super::project_file::ProjectFile;
use super::server::DEFAULT_LISTEN;
use super::{FileSettings, Name, text, variable};
use crate::failure::{Failure, NOT_LOGGED_IN, Outcome, USAGE};
use crate::printer::Format;
use crate::sessions::{self, Place, Session};

/// The address of a server if none is known: that of one with its default settings on this machine.
pub(crate) fn default_address() -> String {
    format!("http://{DEFAULT_LISTEN}")
}

/// Which server to call.
#[derive(Args, Clone)]
pub(crate) struct AddressArgs {
    /// Address of the server; `INFISICAL_DOMAIN` and `INFISICAL_API_URL` are read as well [default: that of the
    /// last `vouchsafe login`, or http://127.0.0.1:8080]
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
        let address = self.known(file)?.unwrap_or_else(default_address);
        client_of(&address)
    }

    /// The address that a flag, a variable or a file names.
    pub(crate) fn named(&self, file: &FileSettings) -> Outcome<Option<String>> {
        let given = text(self.api_url.clone(), None);
        let given = given.or_else(|| variable(&["INFISICAL_DOMAIN", "INFISICAL_API_URL"]));
        match (given, &file.api_url) {
            (Some(address), _) => Ok(Some(address)),
            // Whoever can put a file into a folder must not learn the tokens of those who work there.
            (None, Some(_)) if file.found => Err(Failure::usage(
                "`api-url` in ./vouchsafe.toml is believed only if you name the file",
            )
            .hint("add `--config vouchsafe.toml`, or give the address with --api-url or VOUCHSAFE_API_URL")),
            (None, address) => Ok(address.clone()),
        }
    }

    /// The same, or else the address of the newest stored login.
    pub(crate) fn known(&self, file: &FileSettings) -> Outcome<Option<String>> {
        if let Some(address) = self.named(file)? {
            return Ok(Some(address));
        }
        let Ok(place) = Place::of_this_process() else { return Ok(None) };
        Ok(place.read()?.newest().map(|session| session.address.clone()))
    }
}

/// A client of the server at this address, without a token.
pub(crate) fn client_of(address: &str) -> Outcome<Client> {
    Client::new(address).map_err(|error| Failure::from(error).code(USAGE))
}

/// Which server to call, and as whom.
#[derive(Args, Clone)]
pub(crate) struct AccessArgs {
    #[command(flatten)]
    address: AddressArgs,
    /// Access token; `INFISICAL_TOKEN` is read as well. Without one, commands log in by the method
    /// that VOUCHSAFE_AUTH_METHOD names, or with a client id and secret of Universal Auth in the environment, or else use
    /// the login that `vouchsafe login` stored
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
        if let Some(source) = machine::of_environment(&around)? {
            let LoggedIn { client, reply } =
                machine::log_in(client, &source, &around, &mut Trail::default()).await?;
            return Ok(client.with_token(&reply.access_token)?);
        }
        match stored(&client).await? {
            Some(session) => Ok(client.with_token(session.token.reveal())?),
            None => Err(nobody(&client)),
        }
    }
}

/// The stored login of the server that the client calls, refreshed if it is time.
pub(crate) async fn stored(client: &Client) -> Outcome<Option<Session>> {
    match Place::of_this_process() {
        Ok(place) => sessions::current(&place, client, SystemClock.now()).await,
        Err(_) => Ok(None),
    }
}

/// There is nobody to act as.
pub(crate) fn nobody(client: &Client) -> Failure {
    let address = client.address();
    Failure::message(format!(
        "nobody is logged in at {address}: neither --token, VOUCHSAFE_TOKEN nor INFISICAL_TOKEN is given, no \
         method (VOUCHSAFE_AUTH_METHOD) nor a client id of Universal Auth is in the environment, and no login at this address is stored"
    ))
    .hint(format!(
        "log in with `vouchsafe login --api-url {address}`, or give a token in VOUCHSAFE_TOKEN{}",
        elsewhere()
    ))
    .code(NOT_LOGGED_IN)
}

/// Where somebody is logged in, for a hint.
fn elsewhere() -> String {
    let all = Place::of_this_process().and_then(|place| place.read()).unwrap_or_default();
    let addresses: Vec<&str> = all.all().iter().take(3).map(|session| session.address.as_str()).collect();
    if addresses.is_empty() {
        String::new()
    } else {
        format!("; logins are stored at {}", addresses.join(", "))
    }
}

/// The first token that is given.
pub(crate) fn token(given: Option<String>) -> Option<String> {
    text(given, None).or_else(|| variable(&["INFISICAL_TOKEN", "INFISICAL_UNIVERSAL_AUTH_ACCESS_TOKEN"]))
}

/// Which environment of which project.
#[derive(Args)]
pub(crate) struct EnvironmentArgs {
    /// Id of the project; `INFISICAL_PROJECT_ID` is read as well [default: that of the nearest .infisical.json]
    #[arg(
        long,
        visible_alias = "projectId",
        env = "VOUCHSAFE_PROJECT_ID",
        hide_env_values = true,
        value_name = "ID"
    )]
    project_id: Option<String>,
    /// Slug of the environment; `INFISICAL_ENVIRONMENT` is read as well [default: what .infisical.json says, or dev]
    #[arg(
        long = "env",
        short = 'e',
        visible_alias = "environment",
        env = "VOUCHSAFE_ENVIRONMENT",
        hide_env_values = true,
        value_name = "SLUG"
    )]
    environment: Option<String>,
}

impl EnvironmentArgs {
    /// The project that a flag, a variable or the settings file names.
    pub(crate) fn project(&self, file: &FileSettings) -> Option<String> {
        project(self.project_id.clone(), file)
    }

    /// The environment that a flag or a variable names.
    pub(crate) fn environment(&self) -> Option<String> {
        text(self.environment.clone(), None).or_else(|| variable(&["INFISICAL_ENVIRONMENT"]))
    }
}

/// Which folder of which project.
#[derive(Args)]
pub(crate) struct FolderArgs {
    #[command(flatten)]
    environment: EnvironmentArgs,
    /// Folder of the secrets; `INFISICAL_SECRET_PATH` is read as well. `run` and `export` take several, and later ones
    /// win over earlier ones [default: /]
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
    /// Merges flags, variables, settings file and project file.
    pub(crate) fn resolve(mut self, file: &FileSettings) -> Outcome<Folder> {
        if self.secret_paths.len() > 1 {
            return Err(Failure::usage("`--path`: this command takes one folder"));
        }
        let given = self.environment.project(file);
        // What a project file says of environment and folder is about its own project.
        let project_file = if given.is_none() { ProjectFile::find()? } else { None }.unwrap_or_default();
        let name = Name::new("--project-id", "VOUCHSAFE_PROJECT_ID");
        let project = given
            .or(project_file.workspace_id.clone())
            .ok_or_else(|| {
                name.refuse("not given")
                    .hint("`vouchsafe init` links this folder to a project, so that it need not be")
            })?
            .trim()
            .parse()
            .map_err(|_| name.refuse("expected the id of a project, a UUID"))?;
        let environment = self
            .environment
            .environment()
            .or_else(|| file.environment.clone())
            .or_else(|| project_file.environment());
        let path = text(self.secret_paths.pop(), None)
            .or_else(|| variable(&["INFISICAL_SECRET_PATH"]))
            .or_else(|| file.secret_path.clone())
            .or_else(|| project_file.default_secret_path.clone());
        Ok(Folder {
            project,
            environment: environment.unwrap_or_else(|| "dev".to_owned()),
            path: path.unwrap_or_else(|| "/".to_owned()),
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

/// The project that a flag, a variable or the settings file names.
pub(crate) fn project(given: Option<String>, file: &FileSettings) -> Option<String> {
    text(given, None).or_else(|| variable(&["INFISICAL_PROJECT_ID"])).or_else(|| file.project_id.clone())
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
