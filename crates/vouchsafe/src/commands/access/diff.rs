//! `vouchsafe access diff`.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use clap::Args;
use serde_json::json;
use vouchsafe_api::access::{AccessChange, AccessGap, Diff, MemberChange};
use vouchsafe_client::Client;
use vouchsafe_domain::id::PrivilegeId;

use super::super::admin::input;
use super::{PlaceArgs, somebody};
use crate::failure::{Failure, Outcome};
use crate::printer::{Printer, Style};
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, OutputArgs};

pub(super) const EXAMPLES: &str = "\
Examples:
  Who would gain and lose what, if a role had the rules in this file?
    vouchsafe access diff --role deployer --rules deployer.json --project-id 0190f4e3-…
  And if an additional privilege had them?
    vouchsafe access diff --privilege 0190f4e7-6b1c-7c3a-9d52-3f1b2a4c5d6e --rules deployer.json
  What may one identity do that another one may not?
    vouchsafe access diff --from 0190f4e2-… --to 0190f4e6-… --project-id 0190f4e3-…";

/// Flags of `vouchsafe access diff`.
#[derive(Args)]
pub(crate) struct DiffArgs {
    /// Slug of a custom role
    #[arg(long, value_name = "SLUG", requires = "rules", conflicts_with_all = ["from", "to"])]
    role: Option<String>,
    /// Id of an additional privilege in the project
    #[arg(long, value_name = "ID", requires = "rules", conflicts_with_all = ["role", "from", "to"])]
    privilege: Option<PrivilegeId>,
    /// File with the rules that the role or privilege would have, in JSON or YAML; - reads stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "to"])]
    rules: Option<String>,
    /// Somebody: the id of an identity, or user:ID, or group:ID
    #[arg(long, value_name = "ID", requires = "to")]
    from: Option<String>,
    /// Somebody to compare with
    #[arg(long, value_name = "ID", requires = "from")]
    to: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(args: DiffArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let project_id = args.place.resolve(file)?;
    let (edited, input) = match (args.role, args.privilege, args.rules, args.from, args.to) {
        (role, privilege_id, Some(rules), None, None) if role.is_some() || privilege_id.is_some() => {
            let edited = if role.is_some() { "role" } else { "privilege" };
            let permissions = Some(input::rules(&rules)?);
            (Some(edited), Diff { project_id, role, privilege_id, permissions, ..Diff::default() })
        }
        (None, None, None, Some(from), Some(to)) => {
            let (from, to) = (Some(somebody(&from)?), Some(somebody(&to)?));
            (None, Diff { project_id, from, to, ..Diff::default() })
        }
        _ => return Err(Failure::usage("give --role or --privilege with --rules, or --from and --to")),
    };
    let client = args.access.client(file).await?;
    let (difference, members) = compared(&client, input).await?;
    if let Some(format) = args.output.format() {
        return printer.structured(format, &json!({ "difference": difference, "members": members }));
    }
    let Some(edited) = edited else {
        return show(printer, "gained by the second", "lost to the first", &difference);
    };
    show(printer, &format!("the {edited} gains"), &format!("the {edited} loses"), &difference)?;
    for MemberChange { member, change } in &members {
        printer.data("")?;
        printer
            .data(printer.styled(&format!("{} {} ({})", member.kind, member.name, member.id), Style::Bold))?;
        show(printer, "gains", "loses", change)?;
    }
    if members.is_empty() {
        printer.note(format!("for nobody who holds the {edited} anything changes"));
    }
    Ok(())
}

async fn compared(client: &Client, mut input: Diff) -> Outcome<(AccessChange, Vec<MemberChange>)> {
    let mut members = Vec::new();
    loop {
        let reply = client.diff(&input).await?;
        members.extend(reply.members);
        input.cursor = reply.next_cursor;
        if input.cursor.is_none() {
            return Ok((reply.difference, members));
        }
    }
}

fn show(printer: &Printer, gains: &str, loses: &str, change: &AccessChange) -> Outcome {
    if change.gained.is_empty() && change.lost.is_empty() {
        return printer.data("no difference");
    }
    let list = |heading: &str, gaps: &[AccessGap]| {
        if gaps.is_empty() {
            return Ok(());
        }
        printer.data(format!("{heading}:"))?;
        gaps.iter().try_for_each(|gap| printer.data(format!("  {}", gap.sentence)))
    };
    list(gains, &change.gained)?;
    list(loses, &change.lost)
}
