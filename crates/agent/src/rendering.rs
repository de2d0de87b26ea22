//! A template with its answers: asks the server what may have changed, and renders anew only then.

use std::collections::{BTreeMap, BTreeSet};

use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::secrets::{GetSecret, ListSecrets};
use vouchsafe_client::{Client, Error, Fetched};

use crate::template::{Answer, Known, Pass, Request, Template};
use crate::trouble::Trouble;

/// A template that asks for more than this is a mistake.
const MOST_REQUESTS: usize = 500;

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
    pub(crate) async fn poll(&mut self, client: &Client) -> Result<Option<Concealed>, Trouble> {
        // Which project a slug names is asked once; it has no entity tag.
        let lasting = |request: &Request| matches!(request, Request::Project { .. });
        for request in self.used.clone().into_iter().filter(|request| !lasting(request)) {
            self.ask(client, request).await?;
        }
        if !self.is_stale {
            return Ok(None);
        }
        for _ in 0..=MOST_REQUESTS {
            match self.template.render(&mut self.known).map_err(Trouble::request)? {
                Pass::Missing(request) => self.ask(client, request).await?,
                Pass::Done { text, used } => {
                    self.known.keep(&used);
                    self.tags.retain(|request, _| used.contains(request));
                    (self.used, self.is_stale) = (used, false);
                    return Ok(Some(Concealed::new(text)));
                }
            }
        }
        Err(Trouble::request(format!("the template asks for more than {MOST_REQUESTS} things")))
    }

    /// Learns the answer, if it is another than the one that is known.
    async fn ask(&mut self, client: &Client, request: Request) -> Result<(), Trouble> {
        let tag = self.tags.get(&request).and_then(Option::as_deref);
        let fetched = fetch(client, &request, tag).await.map_err(|error| {
            let trouble = Trouble::from(error);
            Trouble { what: format!("{}: {}", named(&request), trouble.what), ..trouble }
        })?;
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
