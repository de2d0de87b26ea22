//! `vouchsafe access`: what others may do, and why.

mod ask;
mod denial;
mod diff;

use clap::{Args, Subcommand};
use vouchsafe_api::access::{FoundRule, RuleSource, Somebody};
use vouchsafe_domain::id::ProjectId;

use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::settings::api::project;
use crate::settings::{FileSettings, Name};

/// What to ask.
#[derive(Subcommand)]
pub(crate) enum AccessCommand {
    /// Explain whether somebody may do something, and which rule decides
    #[command(after_help = ask::EXPLAIN_EXAMPLES)]
    Explain(ask::ExplainArgs),
    /// List who may do something
    #[command(after_help = ask::WHO_CAN_EXAMPLES)]
    WhoCan(ask::WhoCanArgs),
    /// Show what changes when a role is edited, or what one member may do and another may not
    #[command(after_help = diff::EXAMPLES)]
    Diff(diff::DiffArgs),
    /// Show why a request was refused, or list refused requests
    #[command(after_help = denial::EXAMPLES)]
    Denial(denial::DenialArgs),
}

/// Asks.
pub(super) async fn run(command: AccessCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        AccessCommand::Explain(args) => ask::explain(args, file, printer).await,
        AccessCommand::WhoCan(args) => ask::who_can(args, file, printer).await,
        AccessCommand::Diff(args) => diff::run(args, file, printer).await,
        AccessCommand::Denial(args) => denial::run(args, file, printer).await,
    }
}

/// Where to ask.
#[derive(Args)]
pub(crate) struct PlaceArgs {
    /// Id of the project; without one, the question is about the organization. `INFISICAL_PROJECT_ID` is read as well
    #[arg(
        long,
        visible_alias = "projectId",
        env = "VOUCHSAFE_PROJECT_ID",
        hide_env_values = true,
        value_name = "ID"
    )]
    project_id: Option<String>,
    /// Ask about the organization, whatever project is set
    #[arg(long)]
    organization: bool,
}

impl PlaceArgs {
    fn resolve(self, file: &FileSettings) -> Outcome<Option<ProjectId>> {
        let Some(id) = project(self.project_id, file).filter(|_| !self.organization) else {
            return Ok(None);
        };
        let name = Name::new("--project-id", "VOUCHSAFE_PROJECT_ID");
        Ok(Some(id.trim().parse().map_err(|_| name.refuse("expected the id of a project, a UUID"))?))
    }
}

/// `ID` of an identity, or `identity:ID`, `user:ID`, `group:ID`.
fn somebody(given: &str) -> Outcome<Somebody> {
    let (kind, id) = given.split_once(':').unwrap_or(("identity", given));
    let wrong = || {
        Failure::usage(format!("`{given}` names nobody"))
            .hint("give the id of an identity, or user:ID, or group:ID")
    };
    let id = id.trim();
    let mut who = Somebody::default();
    match kind {
        "identity" => who.identity_id = Some(id.parse().map_err(|_| wrong())?),
        "user" => who.user_id = Some(id.parse().map_err(|_| wrong())?),
        "group" => who.group_id = Some(id.parse().map_err(|_| wrong())?),
        _ => return Err(wrong()),
    }
    Ok(who)
}

/// Where a rule stands, in words.
fn place_of(rule: &FoundRule) -> String {
    let RuleSource { kind, slug, group } = &rule.source;
    let source = match (kind.as_str(), group) {
        ("group", Some(group)) => format!("role {slug} of group {group}"),
        _ => format!("{kind} {slug}"),
    };
    format!("{source}, rule {}", rule.index)
}

/// A rule on one line.
fn rule_text(rule: &FoundRule) -> String {
    serde_json::to_string(&rule.rule).unwrap_or_default()
}
