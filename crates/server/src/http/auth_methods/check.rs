//! For administrators: is a configuration of use, and which identities would a sample become? Who logs in is told
//! neither.

use vouchsafe_api::auth_checks::{CheckStep, MethodCheck, SourceCheck, WhatIf, WhatIfReply, WouldBe};
use vouchsafe_api::identities::IdentityPath;
use vouchsafe_attest::{Context, Finding, Findings, Login, Reason, Refusal, Sample};
use vouchsafe_policy::org;
use vouchsafe_store::{AuthMethod, SourceOfOrg};

use super::login::{LoginSource, sources};
use super::{EDIT_AUTH, leaked, path};
use crate::app::App;
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};
use crate::http::reply::ok;
use crate::http::route::{Access, Outcome, Routes};

/// Most sources that one question is about.
const MOST_SOURCES: usize = 1000;
/// How many misses are shown.
const MISSES: usize = 10;

/// The route that tries a method's configuration out.
pub(super) fn routes<M: Login>(routes: Routes) -> Routes {
    let summary = leaked(format!("Try the configuration of {} out, step by step", M::NAME));
    routes.post([path::<M>("/test")], EDIT_AUTH, summary, test::<M>)
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

/// How a method looks at samples, with its type forgotten.
pub(super) struct Supposing {
    id: &'static str,
    suppose: fn(&App, &Context<'_>, AuthMethod, &Sample) -> Option<Vec<Finding>>,
}

impl Supposing {
    pub(super) fn of<M: Login>() -> Self {
        Self { id: M::ID, suppose: suppose::<M> }
    }
}

fn suppose<M: Login>(
    app: &App,
    context: &Context<'_>,
    method: AuthMethod,
    sample: &Sample,
) -> Option<Vec<Finding>> {
    let mut findings = Findings::new();
    let facts = match M::suppose(sample)? {
        Ok(facts) => facts,
        Err(refusal) => {
            findings.note("the sample", Err(refusal));
            return Some(findings.into_vec());
        }
    };
    let source = LoginSource::new::<M>(app, method);
    match source.ready::<M>() {
        Ok(ready) => Some(M::admit(context, ready, &facts).into_vec()),
        Err(refusal) => {
            findings.note("the configuration", Err(refusal));
            Some(findings.into_vec())
        }
    }
}

async fn test<M: Login>(cx: Cx, input: IdentityPath) -> Outcome<MethodCheck> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary(&format!("Failed to test {} of identity with more privileged role", M::NAME))?;
    let missing = || ApiError::not_found(format!("The identity does not have {} attached", M::NAME));
    let found = sources::<M>(&cx, input.identity_id).await?.ok_or_else(missing)?;
    let context = cx.app.workshop.context(cx.now(), input.identity_id, None);
    let mut checked = Vec::new();
    for source in found.iter() {
        let findings = match source.ready::<M>() {
            Ok(ready) => M::probe(&context, ready).await,
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
    let methods = super::supposing();
    let ids: Vec<&str> = methods.iter().map(|method| method.id).collect();
    let found = cx.app.store.sources_of_org(cx.org()?, &ids, input.after, MOST_SOURCES).await?;
    let next = if found.len() == MOST_SOURCES { found.last().map(|source| source.method.id) } else { None };
    let examined = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let (mut matches, mut misses) = (Vec::new(), Vec::new());
    for source in found {
        let Some(method) = methods.iter().find(|method| method.id == source.method.method) else { continue };
        let context = cx.app.workshop.context(cx.now(), source.method.identity_id, None);
        let Some(findings) = (method.suppose)(&cx.app, &context, source.method.clone(), &sample) else {
            continue;
        };
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

/// Fewer failed conditions are nearer; of as many, those of the right issuer.
fn nearness(findings: &[Finding]) -> (usize, bool) {
    let failed = |finding: &&Finding| finding.result.is_err();
    let other_issuer =
        |finding: &Finding| finding.result.as_ref().is_err_and(|refusal| refusal.reason == Reason::Issuer);
    (findings.iter().filter(failed).count(), findings.iter().any(other_issuer))
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
