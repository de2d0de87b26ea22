//! `/projects`: the person's projects.

use askama::Template;
use axum::extract::Query;
use serde::Deserialize;
use vouchsafe_api::projects::{ListProjects, Project, ProjectList};
use vouchsafe_policy::org;

use crate::errors::Shown;
use crate::form::Form;
use crate::list::Pager;
use crate::page::{Chrome, Place};
use crate::visit::Visit;

/// Projects on a page.
const PAGE: u64 = 50;

/// The address of the list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    page: u64,
}

#[derive(Template)]
#[template(path = "projects/list.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    rows: Vec<Project>,
    pager: Pager,
    may_create: bool,
    is_searched: bool,
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Shown {
    let search = asked.search.trim();
    let all: ProjectList = visit.find("/api/v1/projects", &ListProjects::default()).await?;
    let wanted = search.to_lowercase();
    let is_found = |one: &Project| {
        [&one.name, &one.slug, &one.description].iter().any(|text| text.to_lowercase().contains(&wanted))
    };
    let found: Vec<Project> = all.projects.into_iter().filter(is_found).collect();
    let pager = Pager::new("/projects", &[("search", search)], asked.page, PAGE).of(found.len() as u64);
    Ok(visit.show(&Page {
        chrome: visit.chrome("Projects", Place::Projects),
        form: Form::default().with("search", search),
        rows: pager.cut(found),
        pager,
        may_create: visit.may(org::PROJECT_CREATE),
        is_searched: !search.is_empty(),
    }))
}
