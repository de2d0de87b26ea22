//! `/identities/{id}/auth/{method}/test`: trying a configuration out, source by source.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use serde_json::json;
use vouchsafe_api::auth_checks::{MethodCheck, SourceCheck};

use super::target::{Named, Target};
use crate::api::path;
use crate::checks::{Step, faults, steps};
use crate::errors::{Shown, Trouble};
use crate::identities::subject::{Subject, Tab, TabLink};
use crate::page::Chrome;
use crate::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "identities/auth/test.html")]
struct Page {
    chrome: Chrome,
    subject: Arc<Subject>,
    tabs: Vec<TabLink>,
    target: Target,
    /// What came of it; none before it was done.
    outcome: Option<Outcome>,
}

struct Outcome {
    sources: Vec<Source>,
    /// How many sources are not of use.
    bad: usize,
}

/// What trying a source out brought.
struct Source {
    name: String,
    url: String,
    steps: Vec<Step>,
    faults: usize,
}

impl Page {
    fn new(visit: &Visit, target: Target, outcome: Option<Outcome>) -> Self {
        let chrome = target.subject.chrome(visit, &format!("Test {}", target.name()));
        let subject = Arc::clone(&target.subject);
        Self { chrome, tabs: subject.tabs(Tab::Auth), subject, target, outcome }
    }
}

/// A method that can be tested.
async fn testable(visit: &Visit, named: Named) -> Result<Target, Trouble> {
    let target = Target::of(visit, named).await?;
    if target.is_testable() { Ok(target) } else { Err(Trouble::not_found()) }
}

/// What a test does, and the button: nobody is called by looking at a page.
pub(super) async fn ask(visit: Visit, Path(named): Path<Named>) -> Shown {
    let target = testable(&visit, named).await?;
    if !target.subject.may_edit_auth() {
        return Err(Trouble::forbidden());
    }
    Ok(visit.show(&Page::new(&visit, target, None)))
}

pub(super) async fn run(Path(named): Path<Named>, Posted { visit, .. }: Posted<Visit>) -> Shown {
    let target = testable(&visit, named).await?;
    let check: MethodCheck = visit.post(&format!("{}/test", target.api_of_method()), &json!({})).await?;
    let outcome = outcome(&target.path_of_method(), check);
    Ok(visit.show(&Page::new(&visit, target, Some(outcome))))
}

fn outcome(method: &str, check: MethodCheck) -> Outcome {
    let source = |SourceCheck { id, source, steps: found, .. }: SourceCheck| {
        let steps = steps(found);
        let url = format!("{method}{}", path(&["sources", &id.to_string()]));
        Source { name: source, url, faults: faults(&steps), steps }
    };
    let sources: Vec<_> = check.sources.into_iter().map(source).collect();
    Outcome { bad: sources.iter().filter(|source| source.faults > 0).count(), sources }
}
