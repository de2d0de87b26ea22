//! What the program does: one module per command.

pub(crate) mod access;
mod admin;
pub(crate) mod agent;
pub(crate) mod apply;
pub(crate) mod bootstrap;
pub(crate) mod export;
pub(crate) mod folders;
pub(crate) mod group;
pub(crate) mod identity;
pub(crate) mod init;
pub(crate) mod login;
pub(crate) mod member;
pub(crate) mod people;
pub(crate) mod project;
pub(crate) mod quickstart;
mod reading;
pub(crate) mod role;
mod root_key;
pub(crate) mod run;
pub(crate) mod secrets;
mod server;
pub(crate) mod token;

use vouchsafe_domain::time::Timestamp;

use crate::cli::{Cli, Command, RootKeyCommand};
use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::FileSettings;

/// Does what the command line asks for.
pub(crate) fn run(cli: Cli, printer: &Printer) -> Outcome {
    // These read no settings, so that a broken file does not stop them.
    let command = match cli.command {
        Command::RootKey(RootKeyCommand::Generate) => return root_key::generate(printer),
        Command::Completions(args) => return people::completions(args, printer),
        Command::Man(args) => return people::man(args, printer),
        Command::Agent(args) => return agent::run(*args, printer),
        command => command,
    };
    let file = FileSettings::read(cli.config)?;
    match command {
        Command::RootKey(_) | Command::Completions(_) | Command::Man(_) | Command::Agent(_) => Ok(()),
        Command::Server(args) => server::run(*args, &file, printer),
        Command::Quickstart(args) => serving_runtime()?.block_on(quickstart::run(*args, &file, printer)),
        Command::Bootstrap(args) => runtime()?.block_on(bootstrap::run(*args, &file, printer)),
        Command::Login(args) => runtime()?.block_on(login::run(*args, &file, printer)),
        Command::Secrets(args) => runtime()?.block_on(secrets::run(*args, &file, printer)),
        Command::Folders(command) => runtime()?.block_on(folders::run(command, &file, printer)),
        Command::Export(args) => runtime()?.block_on(export::run(*args, &file, printer)),
        Command::Logout(args) => runtime()?.block_on(login::logout::run(*args, &file, printer)),
        Command::Init(args) => runtime()?.block_on(init::run(*args, &file, printer)),
        Command::Identity(command) => runtime()?.block_on(identity::run(*command, &file, printer)),
        Command::Role(command) => runtime()?.block_on(role::run(*command, &file, printer)),
        Command::Project(command) => runtime()?.block_on(project::run(*command, &file, printer)),
        Command::Member(command) => runtime()?.block_on(member::run(*command, &file, printer)),
        Command::Group(command) => runtime()?.block_on(group::run(*command, &file, printer)),
        Command::Access(command) => runtime()?.block_on(access::run(command, &file, printer)),
        Command::Apply(args) => runtime()?.block_on(apply::run(*args, &file, printer)),
        Command::Token(command) => runtime()?.block_on(token::run(command, &file, printer)),
        Command::Run(args) => {
            let prepared = runtime()?.block_on(run::prepare(*args, &file, printer))?;
            run::finish(prepared)
        }
    }
}

/// Where a client's calls run, one after the other: on this thread, for threads take time to start.
fn runtime() -> Outcome<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// Where a server runs.
fn serving_runtime() -> Outcome<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Seconds as people say them, rounded down: `30 days`, `1 hour`, `90 seconds`.
fn duration(seconds: i64) -> String {
    let (count, unit) = match seconds {
        172_800.. => (seconds / 86_400, "day"),
        7_200.. => (seconds / 3_600, "hour"),
        3_600 => (1, "hour"),
        120.. => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// When something is, seen from now: `in 3 minutes`, `2 hours ago`; `now` for what is less than a second away.
fn relative(at: Timestamp, now: Timestamp) -> String {
    if at.as_millis().abs_diff(now.as_millis()) < 1000 {
        return "now".to_owned();
    }
    // What is ahead is rounded up to full seconds: a life of 10 days has not begun to be 9 after a moment.
    match -now.seconds_since(at) {
        ahead @ 0.. => format!("in {}", duration(ahead)),
        past => format!("{} ago", duration(-past)),
    }
}

/// Text that a POSIX shell reads as one word.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        for (seconds, text) in [
            (1, "1 second"),
            (90, "90 seconds"),
            (600, "10 minutes"),
            (3600, "1 hour"),
            (86_400, "24 hours"),
            (2_592_000, "30 days"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn times_are_told_from_now() {
        let now = Timestamp::from_seconds(1_000_000);
        for (millis, text) in [
            (0, "now"),
            (999, "now"),
            (-999, "now"),
            (1000, "in 1 second"),
            (-1000, "1 second ago"),
            (-1999, "1 second ago"),
            (-200_000, "3 minutes ago"),
            (7_200_000, "in 2 hours"),
            (7_199_500, "in 2 hours"),
        ] {
            assert_eq!(relative(now.plus_millis(millis), now), text, "{millis}");
        }
        // The ends of the range are no reason to fail.
        let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
        assert!(relative(first, last).ends_with(" ago") && relative(last, first).starts_with("in "));
    }

    #[test]
    fn shells_read_what_was_quoted() {
        for (text, quoted_text) in
            [("plain-1", "plain-1"), ("", "''"), ("a b", "'a b'"), ("it's", r"'it'\''s'")]
        {
            assert_eq!(quoted(text), quoted_text);
        }
    }
}
