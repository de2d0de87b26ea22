//! `vouchsafe identity auth test` and `vouchsafe identity what-if`.

use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use vouchsafe_api::auth_checks::{CheckStep, MethodCheck, WhatIf, WhatIfReply, WouldBe};
use vouchsafe_domain::id::IdentityId;

use crate::failure::{Failure, Outcome};
use crate::printer::{Printer, Style};
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, OutputArgs};

/// Largest sample that is read, in bytes; the server reads less.
const LARGEST_SAMPLE: u64 = 64 * 1024;

/// What to do about identities.
#[derive(Subcommand)]
pub(crate) enum IdentityCommand {
    /// Auth methods of an identity
    #[command(subcommand)]
    Auth(AuthCommand),
    /// Which identities would a JWT, ARN, certificate or user name become, and where do the others miss?
    ///
    /// The sample is looked at as if it were genuine: its signature is not checked and nobody is asked. Exit code 1 when
    /// it would become nobody.
    #[command(after_help = "Examples:\n  \
        vouchsafe identity what-if --jwt-file token.jwt\n  \
        vouchsafe identity what-if --arn arn:aws:sts::123456789012:assumed-role/deploy/ci --output json\n  \
        curl -s \"$ID_TOKEN_URL\" | vouchsafe identity what-if --jwt-file -")]
    WhatIf(WhatIfArgs),
}

/// What to do about the auth methods of an identity.
#[derive(Subcommand)]
pub(crate) enum AuthCommand {
    /// Try the configuration of a method out, step by step. Exit code 1 when a step fails
    #[command(after_help = "Example:\n  \
        vouchsafe identity auth test --identity-id 0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e --method kubernetes-auth")]
    Test(TestArgs),
}

/// Flags of `vouchsafe identity auth test`.
#[derive(Args)]
pub(crate) struct TestArgs {
    /// Which identity
    #[arg(long, value_name = "ID")]
    identity_id: IdentityId,
    /// Which method, such as oidc-auth
    #[arg(long, value_name = "METHOD")]
    method: String,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

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
        let text = |file: Option<PathBuf>| file.map(|file| sample(&file)).transpose();
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

fn sample(file: &std::path::Path) -> Outcome<String> {
    let mut text = String::new();
    let reading = || format!("cannot read {}", file.display());
    if file.as_os_str() == "-" {
        std::io::stdin().lock().take(LARGEST_SAMPLE).read_to_string(&mut text).with_context(reading)?;
    } else {
        let opened = std::fs::File::open(file).with_context(reading)?;
        opened.take(LARGEST_SAMPLE).read_to_string(&mut text).with_context(reading)?;
    }
    Ok(text.trim().to_owned())
}

/// Tests or asks.
pub(super) async fn run(command: IdentityCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        IdentityCommand::Auth(AuthCommand::Test(args)) => test(args, file, printer).await,
        IdentityCommand::WhatIf(args) => what_if(args, file, printer).await,
    }
}

async fn test(args: TestArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let client = args.access.client(file).await?;
    let reply = client.test_auth_method(args.method.trim(), args.identity_id).await?;
    match args.output.format() {
        Some(format) => printer.structured(format, &reply)?,
        None => show_test(&reply, printer)?,
    }
    if reply.ok { Ok(()) } else { Err(Failure::message("the configuration does not work as it is")) }
}

fn show_test(reply: &MethodCheck, printer: &Printer) -> Outcome {
    for source in &reply.sources {
        printer.data(printer.styled(&format!("source {}", source.source), Style::Bold))?;
        show_steps(&source.steps, printer)?;
        if source.steps.is_empty() {
            printer.data("  nothing to try without a proof")?;
        }
    }
    Ok(())
}

fn show_steps(steps: &[CheckStep], printer: &Printer) -> Outcome {
    for step in steps {
        match (&step.reason, &step.why) {
            (Some(reason), why) => {
                let why = why.as_deref().unwrap_or_default();
                printer.data(format!("  failed  {}: {why} ({reason})", step.what))?;
            }
            (None, _) => printer.data(format!("  ok      {}", step.what))?,
        }
    }
    Ok(())
}

async fn what_if(args: WhatIfArgs, file: &FileSettings, printer: &Printer) -> Outcome {
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
