//! The signature of a request to Oracle's cloud (draft-cavage-http-signatures), taken apart and built again.

use vouchsafe_domain::time::Timestamp;

/// Longest header that is read, in bytes. A signature with a key of 4096 bits has 684 characters.
const MOST_BYTES: usize = 4096;

/// The `Authorization` header.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Signature {
    pub(super) tenancy: String,
    pub(super) user: String,
    fingerprint: String,
    /// The order in which headers were signed.
    headers: String,
    /// In base64.
    value: String,
}

impl Signature {
    /// Reads a header whose signature covers exactly the date, the target and the host.
    pub(super) fn parse(text: &str, date_header: &str) -> Option<Self> {
        if text.len() > MOST_BYTES {
            return None;
        }
        let (mut version, mut headers, mut key, mut algorithm, mut signature) =
            (None, None, None, None, None);
        for part in text.strip_prefix("Signature ")?.split(',') {
            let (name, value) = part.trim().split_once('=')?;
            let place = match name {
                "version" => &mut version,
                "headers" => &mut headers,
                "keyId" => &mut key,
                "algorithm" => &mut algorithm,
                "signature" => &mut signature,
                _ => return None,
            };
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            if place.replace(value).is_some() {
                return None;
            }
        }
        let key: Vec<&str> = key?.split('/').collect();
        let &[tenancy, user, fingerprint] = key.as_slice() else { return None };
        let (headers, signature) = (headers?, signature?);
        let mut signed: Vec<&str> = headers.split(' ').collect();
        signed.sort_unstable();
        let mut expected = ["(request-target)", date_header, "host"];
        expected.sort_unstable();
        let is_fingerprint =
            fingerprint.len() == 47 && fingerprint.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
        let is_base64 = (64..=1024).contains(&signature.len())
            && signature.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
        let is_good = version == Some("1")
            && algorithm? == "rsa-sha256"
            && signed == expected
            && is_fingerprint
            && is_base64;
        is_good.then(|| Self {
            tenancy: tenancy.to_owned(),
            user: user.to_owned(),
            fingerprint: fingerprint.to_owned(),
            headers: headers.to_owned(),
            value: signature.to_owned(),
        })
    }

    /// The header, from its parts.
    pub(super) fn text(&self) -> String {
        let Self { tenancy, user, fingerprint, headers, value } = self;
        format!(
            "Signature version=\"1\",headers=\"{headers}\",keyId=\"{tenancy}/{user}/{fingerprint}\",\
             algorithm=\"rsa-sha256\",signature=\"{value}\""
        )
    }
}

/// Reads a date of HTTP in its one preferred form (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let (weekday, rest) = text.split_once(", ")?;
    let parts: Vec<&str> = rest.split(' ').collect();
    let &[day, month, year, time, "GMT"] = parts.as_slice() else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let is_form = text.len() == 29 && text.is_ascii() && DAYS.contains(&weekday);
    is_form.then(|| format!("{year}-{month:02}-{day}T{time}Z").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> String {
        format!(
            "Signature version=\"1\",headers=\"date (request-target) host\",keyId=\"t/u/{}\",algorithm=\"rsa-sha256\",\
             signature=\"{}\"",
            ["20"; 16].join(":"),
            "A".repeat(344)
        )
    }

    #[test]
    fn a_signature_covers_date_target_and_host() {
        let good = Signature::parse(&header(), "date").unwrap();
        assert_eq!((good.tenancy.as_str(), good.user.as_str()), ("t", "u"));
        assert_eq!(good.text(), header());
        assert!(Signature::parse(&header(), "x-date").is_none());
        for (from, to) in [
            ("date (request-target) host", "date (request-target)"),
            ("date (request-target) host", "date (request-target) host x-other"),
            ("date (request-target) host", "date date (request-target) host"),
            ("rsa-sha256", "hmac-sha256"),
            ("version=\"1\"", "version=\"2\""),
            ("version=\"1\",", ""),
            ("t/u/", "t/u/v/"),
            ("Signature ", "Bearer "),
            (",algorithm", ",extra=\"1\",algorithm"),
            (",algorithm", ",keyId=\"a/b/c\",algorithm"),
            ("AAAA\"", "A\\\"\""),
        ] {
            assert!(Signature::parse(&header().replacen(from, to, 1), "date").is_none(), "{to}");
        }
    }

    #[test]
    fn dates_have_one_form() {
        assert_eq!(date("Tue, 24 Nov 2026 00:00:00 GMT").unwrap().as_seconds(), 1_795_478_400);
        for text in [
            "",
            "Tue, 24 Nov 2026 00:00:00 UTC",
            "24 Nov 2026 00:00:00 GMT",
            "Tue, 4 Nov 2026 00:00:00 GMT",
            "Tue, 24 nov 2026 00:00:00 GMT",
            "Tue, 24 Nov 2026 25:00:00 GMT",
            "2026-11-24T00:00:00Z",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
