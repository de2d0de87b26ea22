//! The agent itself: one step does whatever is due, and says when the next one is.
//!
//! All decisions are taken here and in the pure modules (`session`, `trouble`, `pace`, `life`) by the time of a
//! [`Ticker`]; nothing here sleeps. So a test can take it through days in a moment.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use vouchsafe_api::auth_methods::{AccessTokenReply, HeldToken};
use vouchsafe_api::concealed::Concealed;
use vouchsafe_client::Client;
use vouchsafe_client::platform::Surroundings;

use crate::auth::Fingerprint;
use crate::child::Variables;
use crate::config::{Config, ConfigError, Format, Sink, TemplateSource};
use crate::deposit::{Deposit, Deposited};
use crate::environment::Folder;
use crate::hook::Runner;
use crate::job::{Job, Made, Work};
use crate::moment::{Moment, Ticker};
use crate::pace::Pace;
use crate::rendering::Rendering;
use crate::session::{Need, Session};
use crate::status::{Count, Status};
use crate::template::Template;
use crate::trouble::{Contact, Kind, Trouble};

/// How often a credential that was refused is looked at, to see whether it was replaced.
const CREDENTIAL_LOOK: Duration = Duration::from_secs(5);
/// A sink is a token; a larger file is something else.
const LARGEST_SINK: u64 = 64 * 1024;

/// What the agent finds around itself, and what its decisions depend on.
#[derive(Clone)]
pub struct Around {
    /// Variables and files.
    pub surroundings: Surroundings,
    /// The time.
    pub ticker: Arc<dyn Ticker>,
    /// Chance, at least 0 and less than 1, for spreading waits.
    pub chance: Arc<dyn Fn() -> f64 + Send + Sync>,
}

/// The agent.
pub struct Agent {
    config: Config,
    around: Around,
    client: Client,
    pace: Pace,
    contact: Contact,
    session: Session,
    refused_with: Fingerprint,
    sinks: Vec<(Sink, Deposit)>,
    jobs: Vec<Job>,
    variables: Variables,
    has_changed: bool,
    trouble: Option<String>,
    token: watch::Sender<Option<Concealed>>,
    status: Arc<Status>,
}

impl Agent {
    /// An agent that has done nothing yet. It begins with a token that is found in a sink, if there is one.
    pub fn new(config: Config, around: Around) -> Result<Self, ConfigError> {
        let (client, status) = (client(&config)?, Arc::new(Status::default()));
        let session = Session::new(config.sinks.iter().find_map(found));
        let (sinks, jobs) = (sinks(&config), jobs(&config, &status)?);
        let mut agent = Self {
            pace: config.pace,
            config,
            around,
            client,
            contact: Contact::default(),
            session,
            refused_with: Fingerprint::default(),
            sinks,
            jobs,
            variables: Variables::new(),
            has_changed: false,
            trouble: None,
            token: watch::Sender::new(None),
            status,
        };
        agent.settle_pace();
        Ok(agent)
    }

    /// What it was told to do.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How it does.
    pub fn status(&self) -> &Arc<Status> {
        &self.status
    }

    /// A client of the server, without a token.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The token, now and later.
    pub fn token(&self) -> watch::Receiver<Option<Concealed>> {
        self.token.subscribe()
    }

    /// What last went wrong, until something of that kind goes well.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Whether there was a token, and everything was rendered and written, at some time.
    pub fn is_ready(&self) -> bool {
        self.status.is_ready()
    }

    /// The variables for a program, beside the token if it wants that.
    pub(crate) fn variables(&self) -> Variables {
        let mut variables = self.variables.clone();
        let name = self.config.exec.as_ref().and_then(|exec| exec.token_variable.clone());
        if let (Some(name), Some(token)) = (name, self.session.token(self.now())) {
            variables.insert(name, token.clone());
        }
        variables
    }

    /// Whether rendered files or variables changed since the last time that this was asked.
    pub(crate) fn take_change(&mut self) -> bool {
        std::mem::take(&mut self.has_changed)
    }

    /// Does everything that is due, one thing after the other, and answers when there is something to do again.
    ///
    /// The future may be dropped at any time: what it has not finished is due again.
    pub async fn step(&mut self) -> Moment {
        // More than this at once means that something is due again and again; then others get a turn.
        for _ in 0..(self.sinks.len() + 2 * self.jobs.len() + 8) {
            if !self.act(self.now()).await {
                break;
            }
        }
        if self.is_all_done() && !self.status.is_ready() {
            self.status.set_ready();
            tracing::info!("ready: logged in, and everything is rendered and written");
        }
        let wake = self.wake();
        self.status.note(self.session.ends(), wake);
        wake
    }

    /// The time by which it decides.
    pub(crate) fn now(&self) -> Moment {
        self.around.ticker.now()
    }

    fn chance(&self) -> f64 {
        (self.around.chance)()
    }

    fn is_all_done(&self) -> bool {
        self.session.token(self.now()).is_some()
            && self.sinks.iter().all(|(_, deposit)| deposit.is_written())
            && self.jobs.iter().all(Job::is_done)
    }

    /// Does one thing that is due. Answers whether there was one.
    async fn act(&mut self, now: Moment) -> bool {
        self.watch_credential();
        let is_open = self.contact.opens() <= now;
        if is_open && let Some(need) = self.session.need(now) {
            self.authenticate(need).await;
            return true;
        }
        if self.write(now) {
            return true;
        }
        let Some(token) = self.session.token(now).filter(|_| is_open).cloned() else { return false };
        let Some(index) = self.jobs.iter().position(|job| job.due() <= now) else { return false };
        self.look(index, &token).await;
        true
    }

    /// When something is due next.
    fn wake(&self) -> Moment {
        let opens = self.contact.opens();
        let mut wakes = vec![self.session.wake().max(opens)];
        if self.session.is_refused() {
            wakes.push(self.now().plus(CREDENTIAL_LOOK));
        }
        let deposits = self.sinks.iter().map(|(_, deposit)| deposit);
        let deposits = deposits.chain(self.jobs.iter().filter_map(|job| job.deposit.as_ref()));
        wakes.extend(deposits.filter_map(Deposit::wake));
        if self.session.token(self.now()).is_some() {
            wakes.extend(self.jobs.iter().map(|job| job.due().max(opens)));
        }
        wakes.into_iter().min().unwrap_or(opens)
    }

    /// After a refused login: if the credential was replaced, it is tried at once.
    fn watch_credential(&mut self) {
        if self.session.is_refused() && self.config.auth.fingerprint() != self.refused_with {
            tracing::info!("the credential was replaced");
            self.session.credential_changed();
        }
    }

    async fn authenticate(&mut self, need: Need) {
        let asked = self.now();
        self.session.tries(asked);
        let fingerprint = self.config.auth.fingerprint();
        let (good, bad) = counts(&need);
        match self.ask(&need).await {
            Ok(reply) => {
                self.contact.worked();
                self.session.granted(asked, &need, reply);
                self.status.add(good);
                self.trouble = None;
                tracing::info!(method = self.config.auth.kind(), "{}", done(&need));
                self.spread_token();
            }
            Err(trouble) => {
                self.status.add(bad);
                tracing::warn!(method = self.config.auth.kind(), "{}: {}", failed(&need), trouble.what);
                let (now, chance) = (self.now(), self.chance());
                self.contact.failed(now, trouble.kind, self.pace, chance);
                if !matches!(trouble.kind, Kind::Server(_)) {
                    self.refused_with = fingerprint;
                    self.session.refused(now, &need, Pace::REFUSED, chance);
                }
                // Whatever is wrong with a token that was found, a login comes next.
                if need == Need::LogIn || matches!(trouble.kind, Kind::Server(_)) {
                    self.trouble = Some(trouble.what);
                }
            }
        }
    }

    async fn ask(&mut self, need: &Need) -> Result<AccessTokenReply, Trouble> {
        match need {
            Need::Renew(token) => {
                Ok(self.client.renew(&HeldToken { access_token: token.reveal().to_owned() }).await?)
            }
            Need::LogIn => {
                let proof = self.config.auth.proof(&self.around.surroundings).await?;
                let reply = self.client.log_in(&proof).await?;
                // A token may be bound to the certificate that it was got with.
                if let Some(certificate) = proof.certificate() {
                    self.client = self.client.clone().presenting(certificate)?;
                }
                Ok(reply)
            }
        }
    }

    /// Gives the token to whoever wants it.
    fn spread_token(&mut self) {
        let now = self.now();
        let Some(token) = self.session.token(now).cloned() else { return };
        for (sink, deposit) in &mut self.sinks {
            deposit.want(formatted(&token, sink.format), now);
        }
        self.token.send_replace(Some(token));
    }

    /// Writes one file that is due. Answers whether there was one.
    fn write(&mut self, now: Moment) -> bool {
        let is_due = |deposit: &Deposit| deposit.wake().is_some_and(|wake| wake <= now);
        let chance = self.chance();
        if let Some((_, deposit)) = self.sinks.iter_mut().find(|(_, deposit)| is_due(deposit)) {
            let deposited = deposit.write(now, chance);
            self.trouble = wrote(&self.status, deposit, &deposited).or(self.trouble.take());
            return true;
        }
        let due = self.jobs.iter_mut().find_map(|job| {
            let deposit = job.deposit.as_mut().filter(|deposit| is_due(deposit))?;
            Some((deposit, job.runner.as_ref()))
        });
        let Some((deposit, runner)) = due else { return false };
        let deposited = deposit.write(now, chance);
        self.trouble = wrote(&self.status, deposit, &deposited).or(self.trouble.take());
        if matches!(deposited, Deposited::Written) {
            self.has_changed = true;
            if let Some(runner) = runner {
                runner.trigger();
            }
        }
        true
    }

    /// Looks at the server for one job.
    async fn look(&mut self, index: usize, token: &Concealed) {
        let began = self.now();
        let Some(job) = self.jobs.get_mut(index) else { return };
        let made = match self.client.clone().with_token(token.reveal()) {
            Ok(client) => job.look(&client).await,
            Err(error) => Err(error.into()),
        };
        match made {
            Ok(made) => {
                job.worked(began);
                self.contact.worked();
                self.session.accepted();
                self.status.add(Count::Polls);
                self.trouble = None;
                self.keep(index, made);
            }
            Err(trouble) => self.could_not_look(index, trouble),
        }
    }

    fn keep(&mut self, index: usize, made: Made) {
        let now = self.now();
        match made {
            Made::Same => {}
            Made::Variables(variables) => {
                self.has_changed |= self.variables != variables;
                self.variables = variables;
            }
            Made::Text(text) => {
                if let Some(deposit) = self.jobs.get_mut(index).and_then(|job| job.deposit.as_mut()) {
                    deposit.want(text, now);
                }
            }
        }
    }

    fn could_not_look(&mut self, index: usize, trouble: Trouble) {
        let (now, chance) = (self.now(), self.chance());
        self.status.add(Count::PollsFailed);
        self.contact.failed(now, trouble.kind, self.pace, chance);
        let Some(job) = self.jobs.get_mut(index) else { return };
        tracing::warn!(file = job.name, "cannot look for changed secrets: {}", trouble.what);
        match trouble.kind {
            Kind::Server(_) => {}
            Kind::Token => {
                self.session.rejected(now, self.pace, chance);
            }
            Kind::Forbidden => {
                job.failed(now, self.pace, chance);
                self.session.forbidden(now);
            }
            Kind::Request => job.failed(now, self.pace, chance),
        }
        self.trouble = Some(trouble.what);
    }

    /// Goes on by another configuration. If that makes no sense, everything stays as it is.
    ///
    /// The token stays if the server and the way to log in do. The program, health and the proxy are not started anew.
    pub fn reload(&mut self, config: Config) -> Result<(), ConfigError> {
        let prepared = client(&config).and_then(|client| Ok((client, jobs(&config, &self.status)?)));
        let (client, jobs) = prepared?;
        if config.auth != self.config.auth || client.address() != self.client.address() {
            self.session = Session::new(None);
            self.contact = Contact::default();
            self.client = client;
        } else if let Some(limit) = config.timeout {
            self.client = self.client.clone().with_time_limit(limit);
        }
        self.sinks = sinks(&config);
        for job in std::mem::replace(&mut self.jobs, jobs) {
            // What was asked for before still runs.
            job.runner.map(|runner| tokio::spawn(runner.finish()));
        }
        self.config = config;
        self.settle_pace();
        self.spread_token();
        self.status.add(Count::Reloads);
        Ok(())
    }

    /// A server that comes back is noticed within the time between two looks.
    fn settle_pace(&mut self) {
        let shortest = self.jobs.iter().map(Job::every).min();
        self.pace = shortest.map_or(self.config.pace, |every| self.config.pace.capped(every));
    }

    /// Waits so long for commands that run, and revokes the token if the configuration says so.
    pub async fn stop(mut self, patience: Duration) {
        let runners: Vec<_> = self.jobs.drain(..).filter_map(|job| job.runner).collect();
        let finish = async {
            for runner in runners {
                runner.finish().await;
            }
        };
        let _ = tokio::time::timeout(patience, finish).await;
        let Some(token) = self.session.take().filter(|_| self.config.revoke_on_shutdown) else { return };
        match self.client.revoke(&HeldToken { access_token: token.into_text() }).await {
            Ok(_) => tracing::info!("revoked the token"),
            Err(error) => tracing::warn!("cannot revoke the token: {}", Trouble::from(error).what),
        }
    }
}

fn client(config: &Config) -> Result<Client, ConfigError> {
    let wrong = |what: String| ConfigError { key: "infisical.address".to_owned(), line: None, what };
    let address =
        config.address.as_deref().ok_or_else(|| wrong("expected the server's address".to_owned()))?;
    let client = Client::new(address).map_err(|error| wrong(error.to_string()))?;
    Ok(config.timeout.map_or(client.clone(), |limit| client.with_time_limit(limit)))
}

fn sinks(config: &Config) -> Vec<(Sink, Deposit)> {
    let sinks = config.sinks.iter();
    sinks.map(|sink| (sink.clone(), Deposit::new(sink.path.clone(), sink.access))).collect()
}

/// Templates are read here, so that a mistake in one is told at once. Runs within a runtime.
fn jobs(config: &Config, status: &Arc<Status>) -> Result<Vec<Job>, ConfigError> {
    let mut jobs = Vec::new();
    for (index, template) in config.templates.iter().enumerate() {
        let key = format!("templates.{index}");
        let name = template.destination.display().to_string();
        let read = source(&template.source).and_then(|text| Template::parse(&name, &text));
        let read = read.map_err(|what| ConfigError { key, line: None, what })?;
        let mut job = Job::new(name.clone(), Work::Text(Rendering::new(read)), template.every);
        job.deposit = Some(Deposit::new(template.destination.clone(), template.access));
        job.runner = template.hook.clone().map(|hook| Runner::new(hook, name, Arc::clone(status)));
        jobs.push(job);
    }
    if let Some(folder) = config.exec.as_ref().and_then(|exec| exec.environment.as_ref()) {
        let work = Work::Variables(Folder::new(folder));
        jobs.push(Job::new("environment of the program".to_owned(), work, folder.every));
    }
    Ok(jobs)
}

/// The token that a sink holds.
fn found(sink: &Sink) -> Option<Concealed> {
    use std::io::Read as _;
    let mut text = String::new();
    if sink.format != Format::Token || !std::fs::symlink_metadata(&sink.path).ok()?.is_file() {
        return None;
    }
    std::fs::File::open(&sink.path).ok()?.take(LARGEST_SINK + 1).read_to_string(&mut text).ok()?;
    let token = text.trim();
    let is_token = !token.is_empty() && text.len() as u64 <= LARGEST_SINK;
    is_token.then(|| Concealed::new(token))
}

fn source(source: &TemplateSource) -> Result<String, String> {
    match source {
        TemplateSource::Text(text) => Ok(text.clone()),
        TemplateSource::File(path) => {
            std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
        }
    }
}

fn formatted(token: &Concealed, format: Format) -> Concealed {
    Concealed::new(match format {
        Format::Token => token.reveal().to_owned(),
        Format::Json => json!({ "accessToken": token.reveal(), "tokenType": "Bearer" }).to_string() + "\n",
        Format::Dotenv => format!("VOUCHSAFE_TOKEN={}\n", token.reveal()),
    })
}

/// Notes what became of a file. Answers what is wrong.
fn wrote(status: &Status, deposit: &Deposit, deposited: &Deposited) -> Option<String> {
    let path = deposit.path().display();
    match deposited {
        Deposited::Written => {
            status.add(Count::Writes);
            tracing::info!(%path, "wrote");
            None
        }
        Deposited::Same => None,
        Deposited::Failed(error) => {
            status.add(Count::WritesFailed);
            tracing::error!(%path, %error, "cannot write; what was there stays as it is");
            Some(format!("cannot write {path}: {error}"))
        }
    }
}

fn counts(need: &Need) -> (Count, Count) {
    match need {
        Need::Renew(_) => (Count::Renewals, Count::RenewalsFailed),
        Need::LogIn => (Count::Logins, Count::LoginsFailed),
    }
}

fn done(need: &Need) -> &'static str {
    match need {
        Need::Renew(_) => "renewed the token",
        Need::LogIn => "logged in",
    }
}

fn failed(need: &Need) -> &'static str {
    match need {
        Need::Renew(_) => "cannot renew the token",
        Need::LogIn => "cannot log in",
    }
}
