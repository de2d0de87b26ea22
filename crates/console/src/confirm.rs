//! Before something is lost: its name has to be typed.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use crate::api::Refused;
use crate::form::Form;
use crate::page::{Chrome, Place};
use crate::visit::Visit;

/// What is about to be lost.
pub(crate) struct Loss<'a> {
    /// What the page and its button say: "Delete the identity".
    pub(crate) title: &'a str,
    /// Part of the console.
    pub(crate) place: Place,
    /// What has to be typed.
    pub(crate) name: &'a str,
    /// What follows from it.
    pub(crate) consequence: &'a str,
    /// Where the form goes.
    pub(crate) action: &'a str,
    /// Where one goes who does not want to.
    pub(crate) back: &'a str,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct Page<'a> {
    chrome: Chrome,
    form: Form,
    consequence: &'a str,
    name: &'a str,
    action: &'a str,
    back: &'a str,
}

impl Loss<'_> {
    /// The page that asks.
    pub(crate) fn ask(&self, visit: &Visit) -> Response {
        self.page(visit, StatusCode::OK, Form::default())
    }

    /// Whether the name was typed; otherwise the page that asks again.
    pub(crate) fn confirmed(&self, visit: &Visit, mut form: Form) -> Result<(), Box<Response>> {
        // White space at the ends cannot be seen.
        if form.text("confirm").trim() == self.name.trim() {
            return Ok(());
        }
        form.refuse("confirm", "This is not the name");
        Err(Box::new(self.page(visit, StatusCode::UNPROCESSABLE_ENTITY, form)))
    }

    /// The page again, with what the API did not accept.
    pub(crate) fn refused(&self, visit: &Visit, form: Form, refused: &Refused) -> Response {
        self.page(visit, refused.status, form.refused(refused))
    }

    fn page(&self, visit: &Visit, status: StatusCode, form: Form) -> Response {
        let Self { title, place, name, consequence, action, back } = *self;
        let chrome = visit.chrome(title, place);
        visit.show_as(status, &Page { chrome, form, consequence, name, action, back })
    }
}
