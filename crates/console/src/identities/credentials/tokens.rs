//! `/identities/{id}/auth/token-auth/tokens`.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use vouchsafe_api::auth_methods::{CreateToken, ListTokens, NewTokenReply, TokenData, TokenList};
use vouchsafe_domain::time::Timestamp;

use super::secrets::One;
use super::snippets::token_cli;
use super::{LIVES, Rights, number, with_method};
use crate::api::path;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::identities::subject::{Subject, Tab, TabLink};
use crate::page::{Chrome, done};
use crate::time::{TimeElement, ago};
use crate::visit::{Posted, Visit};

const METHOD: &str = "token-auth";
/// Tokens on a page.
const PAGE: i64 = 50;
/// The API skips no more tokens than that.
const LAST: i64 = 100;

/// A token that was just made.
struct Fresh {
    token: String,
    /// Where clients reach this instance.
    url: String,
}

#[derive(Template)]
#[template(path = "identities/credentials/tokens.html")]
struct Page {
    chrome: Chrome,
    subject: Subject,
    tabs: Vec<TabLink>,
    rights: Rights,
    form: Form,
    tokens: Vec<TokenData>,
    fresh: Option<Fresh>,
    offset: i64,
    now: Timestamp,
}

impl Page {
    async fn of(
        visit: &Visit,
        subject: Subject,
        form: Form,
        fresh: Option<Fresh>,
        offset: i64,
    ) -> Result<Self, Trouble> {
        let rights = Rights::over(&subject);
        let tokens = if rights.may_list {
            let asked = ListTokens { identity_id: subject.id, offset: Some(offset), limit: Some(PAGE) };
            visit.find::<TokenList>(&api(&subject), &asked).await?.tokens
        } else {
            Vec::new()
        };
        let (chrome, tabs) = (subject.chrome(visit, "Tokens"), subject.tabs(Tab::Auth));
        Ok(Self { chrome, subject, tabs, rights, form, tokens, fresh, offset, now: visit.now })
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn when(&self, at: &Timestamp) -> TimeElement {
        TimeElement(ago(*at, self.now))
    }

    /// Where older tokens are, if there may be some.
    fn older(&self) -> Option<i64> {
        let is_full = i64::try_from(self.tokens.len()).is_ok_and(|count| count == PAGE);
        Some(self.offset + PAGE).filter(|next| is_full && *next <= LAST)
    }
}

fn api(subject: &Subject) -> String {
    path(&["api", "v1", "auth", METHOD, "identities", &subject.id.to_string(), "tokens"])
}

/// The address of a list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    offset: i64,
}

pub(super) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(Asked { offset }): Query<Asked>,
) -> Shown {
    let subject = with_method(&visit, &id, METHOD).await?;
    let offset = offset.clamp(0, LAST);
    Ok(visit.show(&Page::of(&visit, subject, Form::default(), None, offset).await?))
}

pub(super) async fn create(Path(id): Path<String>, Posted { visit, mut form }: Posted<Visit>) -> Shown {
    let subject = with_method(&visit, &id, METHOD).await?;
    let input = CreateToken {
        identity_id: subject.id,
        name: form.given("name").map(str::to_owned),
        organization_slug: None,
        access_token_ttl: number(&mut form, "accessTokenTTL"),
        access_token_max_ttl: None,
        access_token_num_uses_limit: number(&mut form, "accessTokenNumUsesLimit"),
    };
    if form.is_refused() {
        return refused(&visit, subject, StatusCode::UNPROCESSABLE_ENTITY, form).await;
    }
    match visit.post::<NewTokenReply>(&api(&subject), &input).await {
        Ok(reply) => {
            let url = visit.console.app.settings.site_url.clone();
            let fresh = Fresh { token: reply.access_token, url };
            Ok(visit.show(&Page::of(&visit, subject, Form::default(), Some(fresh), 0).await?))
        }
        Err(error) => refused(&visit, subject, error.status, form.refused(&error)).await,
    }
}

async fn refused(
    visit: &Visit,
    subject: Subject,
    status: StatusCode,
    form: Form,
) -> Result<Response, Trouble> {
    Ok(visit.show_as(status, &Page::of(visit, subject, form, None, 0).await?))
}

pub(super) async fn revoke(Path(one): Path<One>, Posted { visit, .. }: Posted<Visit>) -> Shown {
    let subject = with_method(&visit, &one.id, METHOD).await?;
    let target = path(&["api", "v1", "auth", METHOD, "tokens", &one.credential, "revoke"]);
    let _: Value = visit.post(&target, &vouchsafe_api::common::Nothing {}).await?;
    let to = format!("{}/auth/{METHOD}/tokens", subject.path());
    Ok(done(&visit.console.app, &to, "The token is revoked: no request with it is accepted any more"))
}
