//! `vouchsafe access denial`.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use clap::Args;
use vouchsafe_api::denials::{Denial, ListDenials};

use super::PlaceArgs;
use crate::failure::Outcome;
use crate::printer::{Printer, Style};
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, OutputArgs};
use crate::table;

pub(super) const EXAMPLES: &str = "\
Examples:
  Why was a request refused? The id is the reqId of the answer, and its header x-request-id.
    vouchsafe access denial req-3kT9xPq0aB7cDe
  What was refused lately?
    vouchsafe access denial
  What was refused to one identity in a project?
    vouchsafe access denial --of 0190f4e2-… --project-id 0190f4e3-… -o json";

/// Flags of `vouchsafe access denial`.
#[derive(Args)]
pub(crate) struct DenialArgs {
    /// Id of the request; without one, the newest refusals are listed
    request_id: Option<String>,
    /// List only those of the user or identity with this id
    #[arg(long, value_name = "ID")]
    of: Option<String>,
    /// How many to list at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=100), value_name = "COUNT")]
    limit: i64,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(args: DenialArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let Some(id) = args.request_id else { return list(args, file, printer).await };
    let denial = args.access.client(file).await?.denial(id.trim()).await?;
    match args.output.format() {
        Some(format) => printer.structured(format, &denial),
        None => show(&denial, printer),
    }
}

fn show(denial: &Denial, printer: &Printer) -> Outcome {
    printer.data(printer.styled(&denial.reason, Style::Bold))?;
    let project = denial.project_id.map(|id| id.to_string()).unwrap_or_default();
    for (name, value) in [
        ("request", format!("{} {} ({})", denial.method, denial.path, denial.request_id)),
        ("at", denial.created_at.to_string()),
        ("by", format!("{} {}", denial.actor.kind, denial.actor.id)),
        ("project", project),
        ("from", format!("{} {}", denial.ip_address, denial.user_agent)),
        ("answered", format!("{}: {}", denial.error, denial.message)),
    ] {
        if !value.is_empty() {
            printer.data(format!("{name:9} {}", value.trim_end()))?;
        }
    }
    if denial.detail.as_object().is_some_and(|detail| !detail.is_empty()) {
        printer.data("detail")?;
        printer.json(&denial.detail)?;
    }
    Ok(())
}

async fn list(args: DenialArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let input = ListDenials {
        project_id: args.place.resolve(file)?,
        actor_id: args.of,
        limit: Some(args.limit),
        offset: None,
    };
    let denials = args.access.client(file).await?.denials(&input).await?;
    if let Some(format) = args.output.format() {
        return printer.structured(format, &denials);
    }
    if denials.is_empty() {
        printer.note("no refused requests are known");
        return Ok(());
    }
    let row = |denial: &Denial| {
        let Denial { request_id, created_at, actor, method, path, reason, .. } = denial;
        let by = format!("{} {}", actor.kind, actor.id);
        [created_at.to_string(), request_id.clone(), by, format!("{method} {path}"), reason.clone()]
    };
    let rows: Vec<_> = denials.iter().map(row).collect();
    table::print(printer, ["AT", "REQUEST", "BY", "WHAT", "WHY"], &rows)
}
