//! `/projects/new`.

use askama::Template;
use vouchsafe_api::projects::{CreateProject, ProjectReply};

use crate::api::path;
use crate::errors::Shown;
use crate::form::Form;
use crate::page::{self, Chrome, Place};
use crate::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "projects/new.html")]
struct Page {
    chrome: Chrome,
    form: Form,
}

impl Page {
    fn of(visit: &Visit, form: Form) -> Self {
        Self { chrome: visit.chrome("New project", Place::Projects), form }
    }
}

pub(super) async fn ask(visit: Visit) -> Shown {
    let form = Form::default().with("shouldCreateDefaultEnvs", "true");
    Ok(visit.show(&Page::of(&visit, form)))
}

pub(super) async fn make(Posted { visit, form }: Posted<Visit>) -> Shown {
    let input = CreateProject {
        project_name: form.text("projectName").to_owned(),
        slug: form.given("slug").map(str::to_owned),
        project_description: form.given("projectDescription").map(str::to_owned),
        kind: None,
        should_create_default_envs: Some(form.is_on("shouldCreateDefaultEnvs")),
        has_delete_protection: Some(form.is_on("hasDeleteProtection")),
    };
    match visit.post::<ProjectReply>("/api/v1/projects", &input).await {
        Ok(made) => {
            let to = path(&["projects", &made.project.id.to_string()]);
            let notice = format!("The project {} was made.", made.project.name);
            Ok(page::done(&visit.console.app, &to, &notice))
        }
        Err(refused) => Ok(visit.show_as(refused.status, &Page::of(&visit, form.refused(&refused)))),
    }
}
