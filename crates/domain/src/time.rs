//! Points in time, the clock as an argument, and durations as people write them.

use std::{
    borrow::Cow,
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not a date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a date and time such as 2026-01-31T10:20:30.123Z")]
pub struct InvalidTimestamp;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From seconds since the epoch; stops at the ends of the range.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This many seconds later; stops at the ends of the range.
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_millis(seconds.saturating_mul(1000))
    }

    /// This many milliseconds later; stops at the ends of the range.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Whole seconds from `other` to here, rounded down; negative if `other` is later.
    pub const fn seconds_since(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0).div_euclid(1000)
    }
}

/// RFC 3339 in UTC with three decimals. Times outside of the years 0 to 9999 are shown as the nearest end.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const YEAR_ZERO: i64 = -62_167_219_200_000;
        let latest = jiff::Timestamp::MAX;
        let millis = self.0.clamp(YEAR_ZERO, latest.as_millisecond());
        write!(f, "{:.3}", jiff::Timestamp::from_millisecond(millis).unwrap_or(latest))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed: jiff::Timestamp = text.trim().parse().map_err(|_| InvalidTimestamp)?;
        Ok(Self(parsed.as_millisecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

/// A clock that moves only when told to, for tests. Share it in an `Arc`.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `now`.
    pub const fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Moves on by seconds.
    pub fn advance_seconds(&self, seconds: i64) {
        self.advance_millis(seconds.saturating_mul(1000));
    }

    /// Moves on by milliseconds.
    pub fn advance_millis(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Moves to `now`.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// The longest duration that [`parse_ms_range`] accepts, in milliseconds: 100 years.
pub const MAX_RANGE_MS: u64 = 100 * YEAR_MS;

const SECOND_MS: u64 = 1000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;
const YEAR_MS: u64 = 365 * DAY_MS + DAY_MS / 4;

/// The text is not a duration that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRange {
    /// Not of the form number and unit.
    #[error("expected a duration such as 30m, 1h, 7d or 2 days")]
    Malformed,
    /// Zero or less than a millisecond.
    #[error("expected a duration greater than zero")]
    NotPositive,
    /// Above [`MAX_RANGE_MS`].
    #[error("expected a duration of at most 100 years")]
    TooLong,
}

/// Reads a duration in the style of the npm package `ms` (`1h`, `7d`, `2 days`, `1.5h`, `100`) as milliseconds.
///
/// A number without a unit counts milliseconds; a year has 365.25 days. The result is above 0 and at most
/// [`MAX_RANGE_MS`]; parts of a millisecond are cut off.
pub fn parse_ms_range(text: &str) -> Result<u64, InvalidRange> {
    let text = text.trim();
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let unit = unit_ms(unit.trim_start_matches(' ')).ok_or(InvalidRange::Malformed)?;
    let (whole, fraction) = match number.split_once('.') {
        Some((_, "")) => return Err(InvalidRange::Malformed),
        Some(parts) => parts,
        None if number.is_empty() => return Err(InvalidRange::Malformed),
        None => (number, ""),
    };
    if fraction.contains('.') {
        return Err(InvalidRange::Malformed);
    }
    let whole = digits(whole).ok_or(InvalidRange::TooLong)?;
    // Twelve decimals of a year are less than a millisecond.
    let fraction = &fraction[..fraction.len().min(12)];
    let scale = 10_u128.pow(u32::try_from(fraction.len()).unwrap_or_default());
    let fraction = digits(fraction).ok_or(InvalidRange::TooLong)?;
    let millis = u128::from(whole) * u128::from(unit) + u128::from(fraction) * u128::from(unit) / scale;
    match u64::try_from(millis) {
        Ok(0) => Err(InvalidRange::NotPositive),
        Ok(millis) if millis <= MAX_RANGE_MS => Ok(millis),
        _ => Err(InvalidRange::TooLong),
    }
}

/// The number these digits write, 0 for none; nothing when it is too large.
fn digits(text: &str) -> Option<u64> {
    if text.is_empty() { Some(0) } else { text.parse().ok() }
}

fn unit_ms(unit: &str) -> Option<u64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "" | "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => SECOND_MS,
        "m" | "min" | "mins" | "minute" | "minutes" => MINUTE_MS,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR_MS,
        "d" | "day" | "days" => DAY_MS,
        "w" | "week" | "weeks" => 7 * DAY_MS,
        "y" | "yr" | "yrs" | "year" | "years" => YEAR_MS,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_written_with_three_decimals_in_utc() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_769_854_830_123, "2026-01-31T10:20:30.123Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
            (i64::MIN, "0000-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(Timestamp::from_millis(millis).to_string(), text);
        }
        assert!(Timestamp::from_millis(i64::MAX).to_string().starts_with("9999-12-"));
        assert_eq!(serde_json::to_string(&Timestamp::EPOCH).unwrap(), "\"1970-01-01T00:00:00.000Z\"");
    }

    #[test]
    fn times_are_read_with_any_offset() {
        for text in
            ["2026-01-31T10:20:30.123Z", "2026-01-31T11:20:30.123+01:00", " 2026-01-31T10:20:30.123456Z "]
        {
            assert_eq!(text.parse::<Timestamp>().unwrap().as_millis(), 1_769_854_830_123, "{text}");
        }
        assert_eq!("0001-01-01T00:00:00Z".parse::<Timestamp>().unwrap().as_millis(), -62_135_596_800_000);
        for text in ["", "today", "2026-01-31", "2026-01-31T10:20:30", "2026-13-31T10:20:30Z"] {
            assert_eq!(text.parse::<Timestamp>(), Err(InvalidTimestamp), "{text}");
        }
    }

    #[test]
    fn a_manual_clock_moves_when_told() {
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH));
        clock.advance_seconds(2);
        clock.advance_millis(5);
        assert_eq!(clock.now().as_millis(), 2005);
        clock.set(Timestamp::from_seconds(7));
        assert_eq!(clock.now().as_seconds(), 7);
    }

    #[test]
    fn ranges_are_read_as_the_npm_package_does() {
        for (text, millis) in [
            ("1h", 3_600_000),
            ("7d", 604_800_000),
            ("2 days", 172_800_000),
            ("1.5h", 5_400_000),
            (".5 s", 500),
            ("30m", 1_800_000),
            ("100", 100),
            ("1W", 604_800_000),
            ("1y", 31_557_600_000),
            ("100 years", MAX_RANGE_MS),
            ("0.000001d", 86),
        ] {
            assert_eq!(parse_ms_range(text), Ok(millis), "{text}");
        }
        for text in ["", "h", "1 fortnight", "-1h", "1..5h", "1.", "1h30m", "1,5h", "1e3", "٣h"] {
            assert_eq!(parse_ms_range(text), Err(InvalidRange::Malformed), "{text}");
        }
        for text in ["0", "0h", "0.4", "0.0"] {
            assert_eq!(parse_ms_range(text), Err(InvalidRange::NotPositive), "{text}");
        }
        for text in ["101y", "99999999999999999999999d", "3155760000001"] {
            assert_eq!(parse_ms_range(text), Err(InvalidRange::TooLong), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_time_can_be_written_and_read(millis: i64) {
            let time = Timestamp::from_millis(millis);
            let text = time.to_string();
            prop_assert_eq!(text.len(), 24);
            let read: Timestamp = text.parse().unwrap();
            prop_assert_eq!(read.to_string(), text);
        }

        #[test]
        fn times_of_common_years_survive(millis in -60_000_000_000_000_i64..250_000_000_000_000) {
            let time = Timestamp::from_millis(millis);
            prop_assert_eq!(time.to_string().parse::<Timestamp>(), Ok(time));
        }

        #[test]
        fn arithmetic_never_overflows(a: i64, b: i64) {
            let (a, later) = (Timestamp::from_millis(a), Timestamp::from_millis(a).plus_seconds(b));
            prop_assert_eq!(later >= a, b >= 0 || later == a);
            let _ = a.seconds_since(Timestamp::from_millis(b));
        }

        #[test]
        fn seconds_since_undoes_plus_seconds(at in -1_000_000_000_000_i64..1_000_000_000_000, s in -1_000_000_i64..1_000_000) {
            let at = Timestamp::from_millis(at);
            prop_assert_eq!(at.plus_seconds(s).seconds_since(at), s);
        }

        #[test]
        fn ranges_never_panic_and_are_bounded(text in "\\PC{0,40}|[0-9. ]{0,40}[a-z]{0,3}") {
            if let Ok(millis) = parse_ms_range(&text) {
                prop_assert!((1..=MAX_RANGE_MS).contains(&millis));
            }
        }
    }
}
