//! Ids of requests.

use vouchsafe_domain::time::Timestamp;

/// What every id begins with.
const PREFIX: &[u8] = b"req-";
/// Digits, in the order of their bytes.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Characters that say the time in milliseconds: enough until the year 2081, when they begin anew.
const OF_TIME: usize = 7;
/// Characters by chance: two requests of one millisecond have the same id once in 3.5 million million times.
const BY_CHANCE: usize = 7;

/// An id for a request of this time: `req-` and 14 letters or digits. Later ones come later in the order of bytes, so that
/// the index of audit events by request grows at its end. Were they all by chance, writing an event would cost four times
/// as much beside 500,000 others.
pub(super) fn new(now: Timestamp) -> String {
    let mut id = [0; PREFIX.len() + OF_TIME + BY_CHANCE];
    let (prefix, rest) = id.split_at_mut(PREFIX.len());
    let (time, chance) = rest.split_at_mut(OF_TIME);
    prefix.copy_from_slice(PREFIX);
    write(time, now.as_millis().max(0).cast_unsigned());
    write(chance, rand::random());
    String::from_utf8_lossy(&id).into_owned()
}

/// The last digits of a number.
fn write(digits: &mut [u8], mut number: u64) {
    for digit in digits.iter_mut().rev() {
        *digit =
            usize::try_from(number % 62).ok().and_then(|value| DIGITS.get(value)).copied().unwrap_or(b'0');
        number /= 62;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_the_order_of_time_and_differ_within_a_moment() {
        let of = |millis: i64| new(Timestamp::from_millis(millis));
        let times = [0, 1, 61, 62, 63, 3_844, 1_790_000_000_000, 1_790_000_000_001, 3_521_614_606_207];
        let ids = times.map(of);
        assert!(ids.is_sorted_by(|earlier, later| earlier[..11] < later[..11]), "{ids:?}");
        for id in &ids {
            assert!(id.len() == 18 && id[4..].bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
        }
        assert_ne!(of(5), of(5));
        assert_eq!([of(61), of(62_i64.pow(6))].map(|id| id[..11].to_owned()), ["req-000000z", "req-1000000"]);
        // Times that no clock tells make no panic.
        assert!(of(-1).starts_with("req-0000000") && of(3_521_614_606_208).starts_with("req-0000000"));
        assert_eq!(of(i64::MAX).len(), 18);
    }
}
