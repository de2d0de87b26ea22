//! `vouchsafe identity what-if`.

use std::path::PathBuf;

use clap::Args;
use vouchsafe_api::auth_checks::{WhatIf, WhatIfReply, WouldBe};

use super::auth::show_steps;
use crate::failure::{Failure, Outcome};
use crate::input;
use crate::printer::{Printer, Style};
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, OutputArgs};

/// Largest sample that is read, in bytes; the server reads less.
const LARGEST_SAMPLE: u64 = 64 * 1024;

/// Flags of `vouchsafe identity what-if`.
#[derive(Args)]
pub(crate) struct WhatIfArgs {
    #[command(flatten)]
    sample: SampleArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What to ask about.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct SampleArgs {
    /// File with a JWT; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    jwt_file: Option<PathBuf>,
    /// An ARN
    #[arg(long, value_name = "ARN")]
    arn: Option<String>,
    /// File with a certificate in PEM; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    certificate_file: Option<PathBuf>,
    /// A user name of a directory
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// The OCID of a user of Oracle's cloud, or the id of its key: tenancy/user/fingerprint
    #[arg(long, value_name = "OCID")]
    ocid: Option<String>,
}

impl SampleArgs {
    fn read(self) -> Outcome<WhatIf> {
        let text = |file: Option<PathBuf>| {
            let read = file.map(|file| input::text(&file, LARGEST_SAMPLE)).transpose();
            read.map(|text| text.map(|text| text.trim().to_owned()))
        };
        Ok(WhatIf {
            jwt: text(self.jwt_file)?,
            arn: self.arn,
            certificate: text(self.certificate_file)?,
            username: self.username,
            ocid: self.ocid,
            after: None,
        })
    }
}

/// Asks.
pub(super) async fn run(args: WhatIfArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let mut sample = args.sample.read()?;
    let client = args.access.client(file).await?;
    let mut all = client.what_if(&sample).await?;
    while let Some(after) = all.next {
        sample.after = Some(after);
        let more = client.what_if(&sample).await?;
        all.matches.extend(more.matches);
        all.misses.extend(more.misses);
        all.examined += more.examined;
        all.next = more.next;
    }
    all.misses.sort_by_key(|miss| miss.steps.iter().filter(|step| !step.ok).count());
    match args.output.format() {
        Some(format) => printer.structured(format, &all)?,
        None => show_what_if(&all, printer)?,
    }
    if all.matches.is_empty() { Err(Failure::message("it would become nobody")) } else { Ok(()) }
}

fn show_what_if(reply: &WhatIfReply, printer: &Printer) -> Outcome {
    for found in &reply.matches {
        printer.data(printer.styled(&format!("would become {}", named(found)), Style::Bold))?;
        show_steps(&found.steps, printer)?;
    }
    for miss in reply.misses.iter().take(10) {
        printer.data(format!("misses {}", named(miss)))?;
        show_steps(&miss.steps, printer)?;
    }
    printer.note(format!("{} sources were looked at", reply.examined));
    Ok(())
}

fn named(found: &WouldBe) -> String {
    let WouldBe { identity_name, identity_id, auth_method, source, .. } = found;
    format!("{identity_name} ({identity_id}) by {auth_method}, source {source}")
}
