//! For administrators: is a configuration of use, and which identities would a sample become? Who logs in is told
//! neither.

use vouchsafe_api::auth_checks::{CheckStep, MethodCheck, SourceCheck, WhatIf, WhatIfReply, WouldBe};
use vouchsafe_api::identities::IdentityPath;
use vouchsafe_attest::{Finding, Reason, Refusal, Sample};
use vouchsafe_policy::org;
use vouchsafe_store::SourceOfOrg;

use super::kind::LoginKind;
use super::login::{LoginSource, sources};
use super::{EDIT_AUTH, leaked, path};
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};
use crate::http::reply::ok;
use crate::http::route::{Access, Outcome, Routes};

/// Most sources that one question is about.
const MOST_SOURCES: usize = 1000;
/// How many misses are shown.
const MISSES: usize = 10;

/// The route that tries a method's configuration out.
pub(super) fn routes(login: LoginKind, routes: Routes) -> Routes {
    let summary = leaked(format!("Try the configuration of {} out, step by step", login.kind.name));
    routes.post([path(&login.kind, "/test")], EDIT_AUTH, summary, move |cx, input| test(cx, login, input))
}

/// The route that asks about all methods.
pub(super) fn what_if_routes() -> Routes {
    Routes::new("Access").post(
        ["/api/v1/access/what-if"],
        Access::Org(org::ACCESS_EXPLAIN),
        "Which identities would a JWT, ARN, certificate, user name or OCID become?",
        what_if,
    )
}

async fn test(cx: Cx, login: LoginKind, input: IdentityPath) -> Outcome<MethodCheck> {
    let (target, name) = (cx.identity(input.identity_id).await?, login.kind.name);
    target.within_boundary(&format!("Failed to test {name} of identity with more privileged role"))?;
    let missing = || ApiError::not_found(format!("The identity does not have {name} attached"));
    let found = sources(&cx, &login, input.identity_id).await?.ok_or_else(missing)?;
    let context = cx.app.workshop.context(cx.now(), input.identity_id, None);
    let mut checked = Vec::new();
    for source in found.iter() {
        let findings = match source.ready() {
            Ok(ready) => login.probe(context, ready).await,
            Err(refusal) => vec![Finding { what: "read the configuration".to_owned(), result: Err(refusal) }],
        };
        let ok = findings.iter().all(|finding| finding.result.is_ok());
        let (id, name) = (source.method().id, source.method().source.clone());
        checked.push(SourceCheck { id, source: name, ok, steps: steps(findings) });
    }
    ok(MethodCheck { ok: checked.iter().all(|source| source.ok), sources: checked })
}

async fn what_if(cx: Cx, input: WhatIf) -> Outcome<WhatIfReply> {
    let sample = sample(&input)?;
    let logins = super::login_kinds();
    let ids: Vec<&str> = logins.iter().map(|login| login.kind.id).collect();
    let found = cx.app.store.sources_of_org(cx.org()?, &ids, input.after, MOST_SOURCES).await?;
    let next = if found.len() == MOST_SOURCES { found.last().map(|source| source.method.id) } else { None };
    let examined = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let (mut matches, mut misses) = (Vec::new(), Vec::new());
    for source in found {
        let Some(login) = logins.iter().find(|login| login.kind.id == source.method.method) else { continue };
        let context = cx.app.workshop.context(cx.now(), source.method.identity_id, None);
        let ready = || LoginSource::new(&cx.app, login, source.method.clone()).into_ready();
        let Some(findings) = login.suppose(&context, &sample, &ready) else { continue };
        let failed = findings.iter().filter(|finding| finding.result.is_err()).count();
        if failed == 0 {
            matches.push(would_be(source, findings));
        } else {
            misses.push((nearness(&findings), would_be(source, findings)));
        }
    }
    misses.sort_by_key(|(nearness, _)| *nearness);
    let misses = misses.into_iter().take(MISSES).map(|(_, miss)| miss).collect();
    ok(WhatIfReply { matches, misses, examined, next })
}

/// Fewer failed conditions are nearer; of as many, those of the right issuer. Farthest are sources to which the sample
/// says nothing at all, such as those of another cloud to an ARN: they compare no condition.
fn nearness(findings: &[Finding]) -> (bool, usize, bool) {
    let failed = findings.iter().filter_map(|finding| finding.result.as_ref().err());
    let is_any = |reason| failed.clone().any(|refusal: &Refusal| refusal.reason == reason);
    (is_any(Reason::Malformed), failed.clone().count(), is_any(Reason::Issuer))
}

fn sample(input: &WhatIf) -> ApiResult<Sample> {
    let given = [
        input.jwt.clone().map(Sample::Jwt),
        input.arn.clone().map(Sample::Arn),
        input.certificate.clone().map(Sample::Certificate),
        input.username.clone().map(Sample::Username),
        input.ocid.clone().map(Sample::Ocid),
    ];
    let mut given = given.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(sample), None) => Ok(sample),
        _ => Err(ApiError::invalid("", "Expected exactly one of jwt, arn, certificate, username and ocid")),
    }
}

fn would_be(source: SourceOfOrg, findings: Vec<Finding>) -> WouldBe {
    let SourceOfOrg { method, identity_name, project_id } = source;
    WouldBe {
        identity_id: method.identity_id,
        identity_name,
        project_id,
        auth_method: method.method,
        source_id: method.id,
        source: method.source,
        steps: steps(findings),
    }
}

fn steps(findings: Vec<Finding>) -> Vec<CheckStep> {
    let step = |Finding { what, result }| match result {
        Ok(()) => CheckStep { what, ok: true, reason: None, why: None },
        Err(Refusal { reason, why }) => {
            CheckStep { what, ok: false, reason: Some(reason.code().to_owned()), why: Some(why) }
        }
    };
    findings.into_iter().map(step).collect()
}
