//! The list of attached methods, and of those to choose from.

use askama::Template;
use axum::extract::Path;
use vouchsafe_server::http::{MethodForm, method_forms};

use super::hints::hint;
use crate::errors::Shown;
use crate::identities::subject::{Subject, Tab, TabLink};
use crate::page::Chrome;
use crate::visit::Visit;

/// An attached method in short.
struct Attached {
    method: &'static MethodForm,
    is_locked: bool,
}

#[derive(Template)]
#[template(path = "identities/auth/choose.html")]
struct Page {
    chrome: Chrome,
    subject: Subject,
    tabs: Vec<TabLink>,
    attached: Vec<Attached>,
    available: Vec<&'static MethodForm>,
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Shown {
    let subject = Subject::of(&visit, &id).await?;
    let (mut attached, mut available) = (Vec::new(), Vec::new());
    for method in method_forms() {
        if subject.methods().iter().any(|one| one == method.id) {
            let is_locked = subject.is_locked(method.id);
            attached.push(Attached { method, is_locked });
        } else {
            available.push(method);
        }
    }
    let (chrome, tabs) = (subject.chrome(&visit, "Auth methods"), subject.tabs(Tab::Auth));
    Ok(visit.show(&Page { chrome, subject, tabs, attached, available }))
}
