//! Running a command, and again when its secrets change.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::pin;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::mpsc;
use tokio::time::sleep;
use vouchsafe_api::secrets::SecretList;
use vouchsafe_client::{Client, Error, Fetched, Refusal};

use super::child::Child;
use super::signals::Forwarded;
use super::{Program, WatchArgs, variables};
use crate::commands::reading::{cannot_list, merge};
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, Folder};
use crate::settings::selection::SelectionArgs;

/// Variables by name.
type Variables = BTreeMap<String, String>;

/// Where the secrets come from, and what was read last.
pub(super) struct Source<'a> {
    client: Client,
    access: Box<AccessArgs>,
    file: &'a FileSettings,
    folders: Vec<Read>,
    selection: SelectionArgs,
    printer: &'a Printer,
    /// Whether something was read that is not in the variables yet.
    is_new: bool,
    variables: Option<Variables>,
}

/// A folder, what was read of it last, and the entity tag of that.
struct Read {
    folder: Folder,
    list: Option<SecretList>,
    etag: Option<String>,
}

impl<'a> Source<'a> {
    pub(super) fn new(
        client: Client,
        access: Box<AccessArgs>,
        file: &'a FileSettings,
        folders: Vec<Folder>,
        selection: SelectionArgs,
        printer: &'a Printer,
    ) -> Self {
        let folders = folders.into_iter().map(|folder| Read { folder, list: None, etag: None }).collect();
        Self { client, access, file, folders, selection, printer, is_new: false, variables: None }
    }

    /// The variables, if they are others than at the last look.
    async fn look(&mut self) -> Outcome<Option<Variables>> {
        for read in &mut self.folders {
            let input = self.selection.list(&read.folder, true);
            let fetched = self.client.list_secrets_unless(&input, read.etag.as_deref()).await;
            if let Fetched::New { value, etag } = fetched.with_context(|| cannot_list(&read.folder))? {
                (read.list, read.etag) = (Some(value), etag);
                self.is_new = true;
            }
        }
        // What was new before another folder could not be read is new still.
        if !std::mem::take(&mut self.is_new) {
            return Ok(None);
        }
        let merged = merge(self.folders.iter().filter_map(|read| read.list.clone()));
        merged.warn(self.printer);
        let new = variables(merged.secrets, self.printer);
        // A comment may have changed, or the order.
        if self.variables.as_ref() == Some(&new) {
            return Ok(None);
        }
        self.variables = Some(new.clone());
        Ok(Some(new))
    }

    /// Looks again and again; says once that it does not work, and once that it works again.
    async fn look_forever(mut self, interval: Duration, found: mpsc::Sender<Variables>) -> Infallible {
        let mut failing = false;
        loop {
            sleep(interval).await;
            match self.look().await {
                Ok(new) => {
                    if std::mem::take(&mut failing) {
                        self.printer.note("the secrets can be read again");
                    }
                    if let Some(new) = new {
                        // It is received as long as this future is polled.
                        let _ = found.send(new).await;
                    }
                }
                Err(failure) => {
                    if !std::mem::replace(&mut failing, true) {
                        let why =
                            failure.error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
                        self.printer.warning(format!("{why}; the command runs on with what it has"));
                    }
                    if is_about_the_token(&failure)
                        && let Ok(client) = self.access.as_ref().clone().client(self.file).await
                    {
                        self.client = client;
                    }
                }
            }
        }
    }
}

/// Whether another login may help.
fn is_about_the_token(failure: &Failure) -> bool {
    let refusal = failure.error.chain().find_map(|cause| cause.downcast_ref::<Error>()?.refusal());
    refusal.is_some_and(Refusal::is_about_login)
}

/// Runs the command until it ends by itself or we are asked to end; answers its exit code.
pub(super) async fn run(
    mut source: Source<'_>,
    program: &Program,
    args: WatchArgs,
    printer: &Printer,
) -> Outcome<u8> {
    let start = |variables: &Variables, signals: &Forwarded| {
        let mut command = program.command()?;
        command.envs(variables);
        Child::start(command, signals)
    };
    let first = source.look().await?.unwrap_or_default();
    let mut signals = Forwarded::listen()?;
    let mut child = start(&first, &signals)?;
    drop(first);

    let (sender, mut found) = mpsc::channel(1);
    let mut looking = pin!(source.look_forever(args.interval(), sender));
    loop {
        let new = tokio::select! {
            status = child.wait() => return Ok(code(status?)),
            (signal, pass_on) = signals.next() => {
                if pass_on {
                    child.send(signal);
                }
                continue;
            }
            Some(new) = found.recv() => new,
            never = &mut looking => match never {},
        };
        printer.note("secrets have changed; restarting the command");
        let stopped = child.stop(args.stop_timeout(), &mut signals).await?;
        if stopped.for_good {
            return Ok(code(stopped.status));
        }
        child = start(&new, &signals)?;
    }
}

/// The exit code that says how the command ended, as shells have it.
fn code(status: ExitStatus) -> u8 {
    u8::try_from(vouchsafe_agent::exit_code(status)).unwrap_or(1)
}
