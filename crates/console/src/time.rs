//! Times as people read them.

use std::fmt;

use askama::{FastWritable, Values};
use vouchsafe_domain::time::Timestamp;

/// A moment beside another one: "3 minutes ago", "in 2 days".
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ago {
    at: Timestamp,
    now: Timestamp,
}

/// How far a moment is from now.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> Ago {
    Ago { at, now }
}

/// Units with their length in seconds, longest first.
const UNITS: [(i64, &str); 6] = [
    (31_557_600, "year"),
    (2_629_800, "month"),
    (86_400, "day"),
    (3_600, "hour"),
    (60, "minute"),
    (1, "second"),
];

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at.seconds_since(self.now);
        let length = seconds.abs();
        let Some((unit, name)) = UNITS.into_iter().find(|(unit, _)| length >= *unit) else {
            return f.write_str("now");
        };
        let count = length / unit;
        let plural = if count == 1 { "" } else { "s" };
        if seconds < 0 {
            write!(f, "{count} {name}{plural} ago")
        } else {
            write!(f, "in {count} {name}{plural}")
        }
    }
}

/// A time as browsers send it, without seconds and zone, or in full. Without a zone it is UTC.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    [text.to_owned(), format!("{text}Z"), format!("{text}:00Z")].iter().find_map(|text| text.parse().ok())
}

/// A time as fields for dates and times take it: in UTC, in whole seconds.
pub(crate) fn typed(at: Timestamp) -> String {
    at.to_string().chars().take("2026-01-31T10:20:00".len()).collect()
}

/// A `time` element: the exact moment for machines and on hovering, the distance for people.
pub(crate) struct TimeElement(pub(crate) Ago);

impl fmt::Display for TimeElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.0.at;
        write!(f, "<time datetime=\"{at}\" title=\"{at}\">{}</time>", self.0)
    }
}

impl FastWritable for TimeElement {
    fn write_into(&self, dest: &mut dyn fmt::Write, _: &dyn Values) -> askama::Result<()> {
        Ok(write!(dest, "{self}")?)
    }
}

impl askama::filters::HtmlSafe for TimeElement {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_told_in_the_largest_unit_that_fits() {
        let now = Timestamp::from_seconds(1_000_000_000);
        let said = |seconds: i64| ago(now.plus_seconds(seconds), now).to_string();
        assert_eq!(said(0), "now");
        assert_eq!((said(-1), said(59)), ("1 second ago".to_owned(), "in 59 seconds".to_owned()));
        assert_eq!((said(-3_600), said(172_799)), ("1 hour ago".to_owned(), "in 1 day".to_owned()));
        assert_eq!(said(-400 * 86_400), "1 year ago");
    }

    #[test]
    fn times_are_read_as_browsers_send_them() {
        let full = "2026-01-31T10:20:00Z".parse().ok();
        for text in
            ["2026-01-31T10:20", "2026-01-31T10:20:00", "2026-01-31T10:20:00Z", "2026-01-31T11:20:00+01:00"]
        {
            assert_eq!(moment(text), full, "{text}");
        }
        assert_eq!((moment(""), moment("soon")), (None, None));
        let exact = "2026-01-31T10:20:30.999Z".parse().unwrap();
        assert_eq!(typed(exact), "2026-01-31T10:20:30");
    }
}
