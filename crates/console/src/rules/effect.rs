//! What an edit of rules gives and takes, as the API tells it.

use vouchsafe_api::access::{AccessChange, AccessGap, Diff, DiffReply, MemberBrief};

use crate::api::Refused;
use crate::visit::Visit;

/// Requests that are told of one side of a comparison.
const MOST_TOLD: usize = 50;

/// Who gains and loses what.
pub(crate) struct Effect {
    /// What the rules themselves give and take.
    pub(crate) rules: Vec<Told>,
    /// Those for whom something changes.
    pub(crate) members: Vec<(MemberBrief, Vec<Told>)>,
    /// How many were looked at.
    pub(crate) examined: usize,
    /// Where those begin who were not looked at, if there are any.
    pub(crate) next_cursor: Option<String>,
}

impl Effect {
    /// Asks the API, which answers those who may `explain` `access`.
    pub(crate) async fn of(visit: &Visit, edit: &Diff) -> Result<Self, Refused> {
        let DiffReply { difference, members, examined, next_cursor } =
            visit.post("/api/v1/access/diff", edit).await?;
        let members = members.into_iter().map(|one| (one.member, Told::of(one.change))).collect();
        Ok(Self { rules: Told::of(difference), members, examined, next_cursor })
    }
}

/// One side of a comparison.
pub(crate) struct Told {
    pub(crate) title: &'static str,
    pub(crate) sign: &'static str,
    pub(crate) sentences: Vec<String>,
    /// How many are not told.
    pub(crate) more: usize,
}

impl Told {
    /// Both sides, without those that are empty.
    fn of(change: AccessChange) -> Vec<Self> {
        let side = |title, sign, gaps: Vec<AccessGap>| Self {
            title,
            sign,
            more: gaps.len().saturating_sub(MOST_TOLD),
            sentences: gaps.into_iter().take(MOST_TOLD).map(|gap| gap.sentence).collect(),
        };
        let sides = [side("Gains", "+", change.gained), side("Loses", "−", change.lost)];
        sides.into_iter().filter(|side| !side.sentences.is_empty()).collect()
    }
}
