//! May somebody do something, and which rule decides?

use vouchsafe_api::access::{ConsideredRule, Explain, ExplainReply};
use vouchsafe_policy::{Considered, Decision, Outcome as Came, Permissions};
use vouchsafe_store::Holder;

use super::holding::{Place, brief, found, named, with_login};
use super::request::Asked;
use crate::http::cx::Cx;
use crate::http::reply::ok;
use crate::http::route::Outcome;

/// How many rules are shown.
const MOST_SHOWN: usize = 1000;

pub(super) async fn explain(cx: Cx, input: Explain) -> Outcome<ExplainReply> {
    let place = Place::of(&cx, input.project_id).await?;
    let asked = Asked::read(place.level(), &input.subject, &input.action, input.resource.as_ref())?;
    let holder = named(&cx, input.who(), "identityId").await?;
    let (holdings, is_member) = place.held_by(&cx, holder.member).await?;
    let held = with_login(&cx, holdings, holder.member, input.login).await?.at(cx.now())?;
    let decision = asked.decide(&held);
    let never = if !holder.is_active {
        Some("the membership in the organization is not active, so no request is accepted at all")
    } else if !is_member {
        Some("not a member of the project, neither directly nor through a group")
    } else {
        None
    };
    let skip = decision.considered.len().saturating_sub(MOST_SHOWN);
    ok(ExplainReply {
        allowed: decision.allowed && never.is_none(),
        reason: reason(&asked, &held, &holder, &decision, never),
        member: brief(&holder),
        decided_by: decision.by.as_ref().filter(|_| never.is_none()).map(found),
        considered: decision.considered.iter().skip(skip).map(considered).collect(),
    })
}

fn reason(
    asked: &Asked,
    held: &Permissions,
    holder: &Holder,
    decision: &Decision,
    never: Option<&str>,
) -> String {
    let (name, what) = (&holder.name, asked.in_words());
    let may = if decision.allowed && never.is_none() { "may" } else { "may not" };
    let because = match (never, &decision.by) {
        (Some(never), _) => never.to_owned(),
        (None, Some(by)) => format!("{by} {}", if decision.allowed { "allows it" } else { "forbids it" }),
        (None, None) => held.denial(asked.need()).reason(),
    };
    let applies = decision.by.is_none() && never.is_none() && !decision.considered.is_empty();
    let none = if applies {
        format!(" ({} rules name the action, none of them applies)", decision.considered.len())
    } else {
        String::new()
    };
    format!("{name} {may} {what}: {because}{none}")
}

fn considered(one: &Considered) -> ConsideredRule {
    let (outcome, field) = match one.outcome {
        Came::Decides => ("decides", None),
        Came::Overruled => ("overruled", None),
        Came::DoesNotApply(field) => ("does-not-apply", Some(field.name().to_owned())),
        Came::NotAsked => ("not-asked", None),
        Came::NotFilled => ("not-filled", None),
    };
    ConsideredRule { found: found(&one.rule), outcome: outcome.to_owned(), field }
}
