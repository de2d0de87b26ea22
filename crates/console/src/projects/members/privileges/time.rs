//! For how long a privilege holds: as it is, and as a form says it.

use vouchsafe_api::privileges::{Privilege, PrivilegeTime};
use vouchsafe_domain::time::Timestamp;

use crate::form::Form;
use crate::projects::members::roles::is_range;
use crate::time::{TimeElement, ago, moment, typed};

/// The fields of a form, as the API names them.
pub(super) const RANGE: &str = "temporaryRange";
pub(super) const START: &str = "temporaryAccessStartTime";

/// What a list says of a privilege's time.
pub(super) struct State {
    /// Kind of mark.
    pub(super) mark: &'static str,
    /// `begins`, `ends` or `ended`.
    pub(super) word: &'static str,
    pub(super) at: TimeElement,
}

/// Where a privilege stands in its time; `None` if it holds for good.
pub(super) fn state(privilege: &Privilege, now: Timestamp) -> Option<State> {
    let start = privilege.temporary_access_start_time.filter(|_| privilege.is_temporary)?;
    let end = privilege.temporary_access_end_time?;
    let (mark, word, at) = match now {
        now if now < start => ("", "begins", start),
        now if now < end => ("", "ends", end),
        _ => ("warn", "ended", end),
    };
    Some(State { mark, word, at: TimeElement(ago(at, now)) })
}

/// A form with the time of a privilege.
pub(super) fn fill(form: Form, privilege: &Privilege) -> Form {
    match (&privilege.temporary_range, privilege.temporary_access_start_time) {
        (Some(range), Some(start)) => form.with(RANGE, range.as_str()).with(START, typed(start)),
        _ => form,
    }
}

/// The time that a form says; what is wrong with it is noted there. A start that was not changed stays exact, and
/// one that is not given is now.
pub(super) fn read(form: &mut Form, old: Option<&Privilege>, now: Timestamp) -> PrivilegeTime {
    let given = |name: &str| form.given(name).map(str::to_owned);
    let (range, start) = (given(RANGE), given(START));
    let Some(range) = range else {
        if start.is_some() {
            form.refuse(RANGE, "Say for how long, or leave the start empty too");
        }
        return PrivilegeTime { is_temporary: Some(false), ..PrivilegeTime::default() };
    };
    let is_old = old.is_some_and(|old| old.temporary_range.as_ref() == Some(&range));
    if !is_old && !is_range(&range) {
        form.refuse(RANGE, format!("Expected a length of time such as 2h or 7d, not {range}"));
    }
    let start = start.map_or(Some(now), |text| begun(&text, old));
    if start.is_none() {
        form.refuse(START, "Expected a date and time (UTC) such as 2026-01-31T10:20");
    }
    PrivilegeTime {
        is_temporary: Some(true),
        temporary_mode: Some("relative".to_owned()),
        temporary_range: Some(range),
        temporary_access_start_time: start.map(|at| at.to_string()),
    }
}

/// When it begins, if that can be read. Forms do not show parts of a second.
fn begun(text: &str, old: Option<&Privilege>) -> Option<Timestamp> {
    let at = moment(text)?;
    let old = old.and_then(|old| old.temporary_access_start_time);
    Some(old.filter(|old| old.as_seconds() == at.as_seconds()).unwrap_or(at))
}

/// The time of a privilege in words.
pub(super) fn stored_in_words(privilege: &Privilege) -> String {
    let start = privilege.temporary_access_start_time.map(typed).unwrap_or_default();
    in_words(privilege.temporary_range.as_deref().unwrap_or_default(), &start)
}

/// The time that a form says, in words.
pub(super) fn typed_in_words(form: &Form) -> String {
    let start = moment(form.text(START).trim()).map(typed).unwrap_or_default();
    in_words(form.text(RANGE).trim(), &start)
}

fn in_words(range: &str, start: &str) -> String {
    match (range, start) {
        ("", _) => "for good".to_owned(),
        (range, "") => format!("for {range} from now on"),
        (range, start) => format!("for {range} from {} UTC", start.replace('T', " ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn privilege(range: Option<&str>, start: Option<&str>, end: Option<&str>) -> Privilege {
        let id = "0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e";
        serde_json::from_value(json!({
            "id": id, "slug": "s", "identityId": id, "projectId": id, "projectMembershipId": id,
            "isTemporary": range.is_some(), "temporaryMode": null, "temporaryRange": range,
            "temporaryAccessStartTime": start, "temporaryAccessEndTime": end,
            "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    fn read_from(text: &str, old: Option<&Privilege>) -> (PrivilegeTime, Vec<String>) {
        let mut form = Form::read(text.as_bytes());
        let time = read(&mut form, old, "2026-05-05T05:05:05.555Z".parse().unwrap());
        (time, form.problems().iter().map(|(field, _)| field.clone()).collect())
    }

    #[test]
    fn a_start_is_kept_or_given_or_now() {
        let old = privilege(Some("1h"), Some("2026-01-31T10:20:30.999Z"), Some("2026-01-31T11:20:30.999Z"));
        let start = |text: &str, old| read_from(text, old).0.temporary_access_start_time.unwrap();
        let form = fill(Form::default(), &old);
        assert_eq!((form.text(RANGE), form.text(START)), ("1h", "2026-01-31T10:20:30"));
        let same = "temporaryRange=2h&temporaryAccessStartTime=2026-01-31T10:20:30";
        assert_eq!(start(same, Some(&old)), "2026-01-31T10:20:30.999Z");
        assert_eq!(start(same, None), "2026-01-31T10:20:30.000Z");
        assert_eq!(
            start("temporaryRange=1h&temporaryAccessStartTime=", Some(&old)),
            "2026-05-05T05:05:05.555Z"
        );
        assert_eq!(
            read_from("temporaryRange=+&temporaryAccessStartTime=", Some(&old)).0.is_temporary,
            Some(false)
        );
    }

    #[test]
    fn what_cannot_be_read_is_told_at_its_field() {
        let wrong = |text: &str| read_from(text, None).1;
        assert_eq!(wrong("temporaryRange=30"), [RANGE]);
        assert_eq!(wrong("temporaryRange=soon&temporaryAccessStartTime=soon"), [RANGE, START]);
        assert_eq!(wrong("temporaryAccessStartTime=2026-01-31T10:20"), [RANGE]);
        assert!(wrong("temporaryRange=30m&temporaryAccessStartTime=2026-01-31T10:20").is_empty());
        // What clients gave without a unit stays.
        let old = privilege(Some("30"), Some("2026-01-31T10:20:30Z"), Some("2026-01-31T10:20:30.030Z"));
        assert!(read_from("temporaryRange=30", Some(&old)).1.is_empty());
    }

    #[test]
    fn a_privilege_is_to_come_or_there_or_over() {
        let one = privilege(Some("1h"), Some("2026-01-01T10:00:00Z"), Some("2026-01-01T11:00:00Z"));
        let word = |now: &str| state(&one, now.parse().unwrap()).unwrap().word;
        let words =
            ["09:59:59Z", "10:00:00Z", "10:59:59Z", "11:00:00Z"].map(|at| word(&format!("2026-01-01T{at}")));
        assert_eq!(words, ["begins", "ends", "ends", "ended"]);
        assert!(state(&privilege(None, None, None), Timestamp::EPOCH).is_none());
    }
}
