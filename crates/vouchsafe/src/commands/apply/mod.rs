//! `vouchsafe apply`: makes what the server has as files say.

mod carry;
pub(super) mod fields;
mod files;
mod inventory;
mod model;
mod node;
mod plan;
mod shape;
mod show;
mod survey;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use self::carry::Carrier;
use self::inventory::Inventory;
use self::model::{Desired, Key};
use self::plan::{Action, Plan, Step};
use self::survey::Survey;
use super::admin::YesArgs;
use crate::failure::{DIFFERENT, Failure, Outcome};
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, OutputArgs};

pub(crate) const EXAMPLES: &str = "\
Examples:
  What would change?
    vouchsafe apply -f access/ --dry-run
  Make it so
    vouchsafe apply -f access/
  Also remove what earlier runs made and the files do not have any more
    vouchsafe apply -f access/ --inventory access.inventory --prune
  In a pipeline: exit code 7 says that the server is not as the files say
    vouchsafe apply -f access/ --dry-run --exit-code";

/// Flags of `vouchsafe apply`.
#[derive(Args)]
pub(crate) struct ApplyArgs {
    /// Folder with files whose names end in .yaml, .yml or .json, or one such file; may be given several times
    #[arg(long = "file", short = 'f', value_name = "PATH", required = true)]
    files: Vec<PathBuf>,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: end with exit code 7 if anything would change
    #[arg(long, requires = "dry_run")]
    exit_code: bool,
    /// Also write secrets of auth methods that cannot be compared with what the server has
    #[arg(long)]
    refresh_secrets: bool,
    /// File in which to keep what this command makes, from one run to the next
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
    /// Remove what the inventory has and the files do not have any more
    #[arg(long, requires = "inventory")]
    prune: bool,
    #[command(flatten)]
    yes: YesArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Reads the files, compares, shows the differences and removes them.
pub(super) async fn run(args: ApplyArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let desired = declared(&args.files)?;
    let client = args.access.client(file).await?;
    let mut inventory = Inventory::read(args.inventory)?;
    let undeclared = inventory.undeclared(&desired);
    let survey = Survey::take(&client, &desired, &undeclared).await?;
    inventory.belongs_to(survey.ids.organization)?;
    let dangling = plan::dangling(&desired, &survey.actual);
    if !dangling.is_empty() {
        return Err(files::refuse(dangling));
    }
    let mut plan = plan::plan(&desired, &survey.actual, args.refresh_secrets);
    let still_there = |key: &&Key| survey.actual.has(key) && inventory.is_known(key, &survey.ids);
    let (removed, mut gone): (BTreeSet<Key>, BTreeSet<Key>) =
        undeclared.into_iter().partition(|key| still_there(&key));
    // What is not found may be hidden from whoever runs this, and is not forgotten.
    gone.retain(|key| survey.ids.of(key).is_some());
    let removals = plan::removals(&removed);
    let left = if args.prune { 0 } else { removals.len() };
    if args.prune {
        plan.steps.extend(removals);
    }
    let format = args.output.format();
    if format.is_none() {
        show::print(&plan, printer)?;
    }
    summarize(&plan, printer);
    if left > 0 {
        printer
            .note(format!("{} of earlier runs and in no file any more; --prune removes them", objects(left)));
    }
    if !args.dry_run {
        confirm(&plan, args.yes, printer)?;
        inventory.gone(gone)?;
        let with_environments = projects_with_environments(&desired);
        let carrier = Carrier { client: &client, ids: survey.ids, with_environments };
        carry_out(carrier, inventory, &plan.steps, printer).await?;
    }
    if let Some(format) = format {
        printer.structured(format, &show::Shown::new(&plan, !args.dry_run))?;
    }
    if args.exit_code && !plan.steps.is_empty() {
        return Err(Failure::message("the server is not as the files say")
            .hint("the same command without --dry-run and --exit-code makes it so")
            .code(DIFFERENT));
    }
    Ok(())
}

/// What the files declare, or everything that is wrong with them.
fn declared(paths: &[PathBuf]) -> Outcome<Desired> {
    let mut problems = Vec::new();
    let mut documents = Vec::new();
    for path in paths {
        documents.extend(files::read(path, &mut problems)?);
    }
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (desired, problems) = model::build(&documents, &variable, problems);
    if problems.is_empty() { Ok(desired) } else { Err(files::refuse(problems)) }
}

/// Projects that get no default environments, as they have declared ones.
fn projects_with_environments(desired: &Desired) -> Vec<String> {
    let of = |key: &Key| match key {
        Key::Environment { project, .. } => Some(project.clone()),
        _ => None,
    };
    desired.keys().filter_map(of).collect()
}

fn summarize(plan: &Plan, printer: &Printer) {
    for (key, name) in &plan.uncompared {
        printer.note(format!(
            "{name} of {key} cannot be compared, as the server does not show it; --refresh-secrets writes it"
        ));
    }
    let count = |action| plan.steps.iter().filter(|step| step.action == action).count();
    let (new, changed) = (count(Action::Create), count(Action::Update));
    let removed = match count(Action::Remove) {
        0 => String::new(),
        removed => format!("{removed} to remove, "),
    };
    if plan.steps.is_empty() {
        printer.note(format!("nothing differs; {} as declared", objects(plan.unchanged)));
    } else {
        printer.note(format!("{new} to make, {changed} to change, {removed}{} as declared", plan.unchanged));
    }
}

fn objects(count: usize) -> String {
    if count == 1 { "1 object is".to_owned() } else { format!("{count} objects are") }
}

/// Asks before anything is removed.
fn confirm(plan: &Plan, yes: YesArgs, printer: &Printer) -> Outcome {
    let removed: Vec<String> = plan
        .steps
        .iter()
        .filter(|step| step.action == Action::Remove)
        .map(|step| step.key.to_string())
        .collect();
    if removed.is_empty() {
        return Ok(());
    }
    yes.confirm(printer, &removed.join(", "), "remove")
}

/// Takes the steps in order; on an error says what was done and what was not.
async fn carry_out(
    mut carrier: Carrier<'_>,
    mut inventory: Inventory,
    steps: &[Step],
    printer: &Printer,
) -> Outcome {
    for (done, step) in steps.iter().enumerate() {
        let (verb, told) = match step.action {
            Action::Create => ("make", "made"),
            Action::Update => ("change", "changed"),
            Action::Remove => ("remove", "removed"),
        };
        if let Err(failure) = carrier.take(step).await {
            for left in &steps[done..] {
                printer.note(format!("not done: {}", left.key));
            }
            let hint = failure.advice().map_or_else(String::new, |advice| format!("{advice}; "));
            let code = failure.code;
            let message =
                format!("cannot {verb} the {}; {done} of {} steps were taken", step.key, steps.len());
            return Err(Failure::from(failure.error.context(message))
                .hint(format!("{hint}run the same command again to go on from here"))
                .code(code));
        }
        match step.action {
            Action::Create => inventory.made(&step.key, &carrier.ids)?,
            Action::Update => {}
            Action::Remove => inventory.gone([step.key.clone()])?,
        }
        printer.note(format!("{told} {} ({} of {})", step.key, done + 1, steps.len()));
    }
    Ok(())
}
