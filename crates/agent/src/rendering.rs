//! A template with its answers: asks the server what may have changed, and renders anew only then.

use std::collections::{BTreeMap, BTreeSet};

use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::secrets::{GetSecret, ListSecrets, Secret};
use vouchsafe_client::{Client, Error, Fetched};

use crate::template::{Answer, Known, Pass, Request, Template};

/// A template that asks for more than this is a mistake.
const MOST_REQUESTS: usize = 500;

/// Why there is no text. Holds no value of a secret.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The template makes no sense, as it says with the line.
    #[error("{0}")]
    Template(String),
    /// The server did not answer what the template asks for.
    #[error("{what}")]
    Call {
        /// What the template asks for, such as `secret KEY of / in dev`.
        what: String,
        /// What came of the call.
        source: Error,
    },
}

/// Renders a template once, by asking the server as often as it needs. Within the template, `.` is the list of `secrets`.
///
/// `name` is how errors call the template. It is at most 1 MiB large, makes at most 8 MiB, and asks for at most 500 things.
pub async fn render<'a>(
    client: &Client,
    name: &str,
    text: &str,
    secrets: impl IntoIterator<Item = &'a Secret>,
) -> Result<Concealed, RenderError> {
    let template = Template::parse(name, text).map_err(RenderError::Template)?.about(secrets);
    Rendering::new(template).text(client).await
}

/// A template with its answers.
pub(crate) struct Rendering {
    template: Template,
    known: Known,
    /// The entity tag of each answer that the text was made from.
    tags: BTreeMap<Request, Option<String>>,
    used: BTreeSet<Request>,
    /// Whether answers changed since the text was made. Stays true if a look is cut short.
    is_stale: bool,
}

impl Rendering {
    pub(crate) fn new(template: Template) -> Self {
        Self {
            template,
            known: Known::default(),
            tags: BTreeMap::new(),
            used: BTreeSet::new(),
            is_stale: true,
        }
    }

    /// The new text, if anything that it depends on changed.
    pub(crate) async fn poll(&mut self, client: &Client) -> Result<Option<Concealed>, RenderError> {
        // Which project a slug names is asked once; it has no entity tag.
        let lasting = |request: &Request| matches!(request, Request::Project { .. });
        for request in self.used.clone().into_iter().filter(|request| !lasting(request)) {
            self.ask(client, request).await?;
        }
        if self.is_stale { self.text(client).await.map(Some) } else { Ok(None) }
    }

    /// The text, made of what is known and what is missing.
    async fn text(&mut self, client: &Client) -> Result<Concealed, RenderError> {
        for _ in 0..=MOST_REQUESTS {
            match self.template.render(&mut self.known).map_err(RenderError::Template)? {
                Pass::Missing(request) => self.ask(client, request).await?,
                Pass::Done { text, used } => {
                    self.known.keep(&used);
                    self.tags.retain(|request, _| used.contains(request));
                    (self.used, self.is_stale) = (used, false);
                    return Ok(Concealed::new(text));
                }
            }
        }
        Err(RenderError::Template(format!("the template asks for more than {MOST_REQUESTS} things")))
    }

    /// Learns the answer, if it is another than the one that is known.
    async fn ask(&mut self, client: &Client, request: Request) -> Result<(), RenderError> {
        let tag = self.tags.get(&request).and_then(Option::as_deref);
        let fetched = fetch(client, &request, tag)
            .await
            .map_err(|source| RenderError::Call { what: named(&request), source })?;
        if let Fetched::New { value, etag } = fetched {
            self.known.learn(request.clone(), &value);
            self.tags.insert(request, etag);
            self.is_stale = true;
        }
        Ok(())
    }
}

async fn fetch(client: &Client, request: &Request, tag: Option<&str>) -> Result<Fetched<Answer>, Error> {
    Ok(match request {
        Request::Project { slug } => {
            Fetched::New { value: Answer::Project(client.project_by_slug(slug).await?.id), etag: None }
        }
        Request::List { project, environment, path, recursive, expand } => {
            let input = ListSecrets {
                project_id: Some(*project),
                environment: environment.clone(),
                secret_path: Some(path.clone()),
                recursive: Some(*recursive),
                expand_secret_references: Some(*expand),
                include_imports: Some(true),
                include_personal_overrides: Some(false),
                ..ListSecrets::default()
            };
            map(client.list_secrets_unless(&input, tag).await?, Answer::List)
        }
        Request::Secret { project, environment, path, name } => {
            let input = GetSecret {
                secret_name: name.clone(),
                project_id: Some(*project),
                environment: environment.clone(),
                secret_path: Some(path.clone()),
                expand_secret_references: Some(true),
                include_imports: Some(true),
                ..GetSecret::default()
            };
            map(client.secret_unless(&input, tag).await?, |secret| Answer::Secret(Box::new(secret)))
        }
    })
}

fn map<T, U>(fetched: Fetched<T>, of: impl FnOnce(T) -> U) -> Fetched<U> {
    match fetched {
        Fetched::Unchanged => Fetched::Unchanged,
        Fetched::New { value, etag } => Fetched::New { value: of(value), etag },
    }
}

fn named(request: &Request) -> String {
    match request {
        Request::Project { slug } => format!("project {slug}"),
        Request::List { environment, path, .. } => format!("secrets of {path} in {environment}"),
        Request::Secret { environment, path, name, .. } => {
            format!("secret {name} of {path} in {environment}")
        }
    }
}
