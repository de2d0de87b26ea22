//! `vouchsafe access explain` and `vouchsafe access who-can`.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use std::collections::BTreeMap;

use clap::Args;
use serde_json::{Value, json};
use vouchsafe_api::access::{ConsideredRule, Explain, WhoCan};

use super::{PlaceArgs, place_of, rule_text, somebody};
use crate::failure::{Failure, Outcome};
use crate::printer::{Printer, Style};
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, OutputArgs};
use crate::table;

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  May an identity read this secret, and which rule says so?
    vouchsafe access explain readValue secrets --who 0190f4e2-… --project-id 0190f4e3-… \\
      --on environment=prod --on secretPath=/app --on secretName=DATABASE_URL
  May a user make identities in the organization?
    vouchsafe access explain create identity --who user:0190f4e4-… --organization
  What do members of a group get from it, anywhere in the project?
    vouchsafe access explain edit secrets --who group:0190f4e5-… --project-id 0190f4e3-…";

pub(super) const WHO_CAN_EXAMPLES: &str = "\
Examples:
  Who may read the production database's password?
    vouchsafe access who-can readValue secrets --project-id 0190f4e3-… \\
      --on environment=prod --on secretPath=/ --on secretName=DB_PASSWORD
  Who may make tokens for identities of the organization?
    vouchsafe access who-can create-token identity --organization -o json";

/// What is to be done to what.
#[derive(Args)]
struct RequestArgs {
    /// What is done, such as readValue
    action: String,
    /// To what, such as secrets
    subject: String,
    /// What is known of the object, by the names that conditions have; secretTags=a,b are tags, metadata.KEY=VALUE is
    /// a pair. Without any: is it allowed somewhere at all?
    #[arg(long = "on", value_name = "FIELD=VALUE")]
    on: Vec<String>,
}

impl RequestArgs {
    fn resource(&self) -> Outcome<Option<BTreeMap<String, Value>>> {
        let mut resource = BTreeMap::new();
        let mut pairs = Vec::new();
        for given in &self.on {
            let (field, value) = pair("--on", given)?;
            match field.strip_prefix("metadata.") {
                Some(key) => pairs.push(json!({ "key": key, "value": value })),
                None if field == "secretTags" => {
                    let tags: Vec<&str> = value.split(',').filter(|tag| !tag.is_empty()).collect();
                    resource.insert(field.to_owned(), json!(tags));
                }
                None => {
                    resource.insert(field.to_owned(), json!(value));
                }
            }
        }
        if !pairs.is_empty() {
            resource.insert("metadata".to_owned(), Value::Array(pairs));
        }
        Ok(Some(resource).filter(|resource| !resource.is_empty()))
    }
}

fn pair<'a>(flag: &str, given: &'a str) -> Outcome<(&'a str, &'a str)> {
    given.split_once('=').ok_or_else(|| {
        Failure::usage(format!("`{flag} {given}`: expected a name and a value, such as environment=prod"))
    })
}

/// Flags of `vouchsafe access explain`.
#[derive(Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    request: RequestArgs,
    /// Who: the id of an identity, or user:ID, or group:ID for whoever is in a group
    #[arg(long, value_name = "ID")]
    who: String,
    /// What a login would prove, for rules that ask for it, such as oidc.claims.team=payments
    #[arg(long, value_name = "PATH=VALUE")]
    login: Vec<String>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn explain(args: ExplainArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let who = somebody(&args.who)?;
    let login = args.login.iter().map(|given| pair("--login", given));
    let login: BTreeMap<String, String> = login
        .map(|pair| pair.map(|(path, value)| (path.to_owned(), value.to_owned())))
        .collect::<Outcome<_>>()?;
    let input = Explain {
        project_id: args.place.resolve(file)?,
        identity_id: who.identity_id,
        user_id: who.user_id,
        group_id: who.group_id,
        resource: args.request.resource()?,
        action: args.request.action,
        subject: args.request.subject,
        login: Some(login).filter(|login| !login.is_empty()),
    };
    let reply = args.access.client(file).await?.explain(&input).await?;
    if let Some(format) = args.output.format() {
        return printer.structured(format, &reply);
    }
    let answer = if reply.allowed { "yes" } else { "no" };
    printer.data(printer.styled(answer, Style::Bold))?;
    printer.data(&reply.reason)?;
    if reply.considered.is_empty() {
        return Ok(());
    }
    let row = |one: &ConsideredRule| [came(one), place_of(&one.found), rule_text(&one.found)];
    let rows: Vec<_> = reply.considered.iter().map(row).collect();
    printer.data("")?;
    table::print(printer, ["OUTCOME", "WHERE", "RULE"], &rows)
}

fn came(one: &ConsideredRule) -> String {
    match &one.field {
        Some(field) => format!("{} ({field})", one.outcome),
        None => one.outcome.clone(),
    }
}

/// Flags of `vouchsafe access who-can`.
#[derive(Args)]
pub(crate) struct WhoCanArgs {
    #[command(flatten)]
    request: RequestArgs,
    /// How many to list at most
    #[arg(long, default_value_t = 100, value_name = "COUNT")]
    limit: usize,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn who_can(args: WhoCanArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let mut input = WhoCan {
        project_id: args.place.resolve(file)?,
        resource: args.request.resource()?,
        action: args.request.action,
        subject: args.request.subject,
        ..WhoCan::default()
    };
    let client = args.access.client(file).await?;
    let mut members = Vec::new();
    let mut is_cut = false;
    while members.len() < args.limit {
        let left = args.limit - members.len();
        input.limit = Some(i64::try_from(left.min(100)).unwrap_or(100));
        let reply = client.who_can(&input).await?;
        members.extend(reply.members);
        input.cursor = reply.next_cursor;
        is_cut = input.cursor.is_some();
        if !is_cut {
            break;
        }
    }
    if is_cut {
        printer.note(format!("only the first {} are listed; see --limit", members.len()));
    }
    if let Some(format) = args.output.format() {
        return printer.structured(format, &members);
    }
    if members.is_empty() {
        printer.note("nobody");
        return Ok(());
    }
    let rows: Vec<_> = members
        .iter()
        .map(|one| {
            let member = &one.member;
            [member.kind.clone(), member.name.clone(), member.id.clone(), place_of(&one.decided_by)]
        })
        .collect();
    table::print(printer, ["KIND", "NAME", "ID", "BECAUSE OF"], &rows)
}
