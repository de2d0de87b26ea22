//! `vouchsafe token inspect`.

use serde_json::{Map, Value, json};
use vouchsafe_domain::time::Timestamp;

use crate::commands::{duration, relative};
use crate::failure::{Failure, Outcome};
use crate::printer::{Printer, printable};
use crate::settings::api::OutputArgs;
use crate::unverified::Unverified;

/// Claims that are told in words, in the order in which they are told.
const WORDS: [(&str, &str, Form); 20] = [
    ("authTokenType", "kind", Form::Kind),
    ("identityName", "name", Form::Plain),
    ("identityId", "identity", Form::Plain),
    ("userId", "user", Form::Plain),
    ("authMethod", "logged in by", Form::Plain),
    ("organizationId", "organization", Form::Plain),
    ("orgId", "organization", Form::Plain),
    ("jti", "token id", Form::Plain),
    ("tokenVersionId", "session", Form::Plain),
    ("clientSecretId", "client secret", Form::Plain),
    ("creationEpoch", "first issued", Form::Time),
    ("iat", "issued", Form::Time),
    ("nbf", "not before", Form::Time),
    ("exp", "expires", Form::Time),
    ("accessTokenTTL", "lives", Form::Span("as long as allowed")),
    ("accessTokenMaxTTL", "with renewals", Form::Span("without limit")),
    ("accessTokenPeriod", "period", Form::Span("none")),
    ("numUsesLimit", "uses", Form::Plain),
    ("ipRestrictionEnabled", "from some networks only", Form::Plain),
    ("cnf", "bound to", Form::Plain),
];
/// Claims that say again what others say.
const REPEATED: [&str; 5] =
    ["identityAccessTokenId", "rootOrgId", "parentOrgId", "authMethodId", "tokenEpoch"];

/// How a claim is told.
#[derive(Clone, Copy)]
enum Form {
    Plain,
    Kind,
    /// Seconds since 1970.
    Time,
    /// A number of seconds; 0 means this.
    Span(&'static str),
}

/// Shows what a token says of itself.
pub(super) fn show(token: &str, now: Timestamp, output: OutputArgs, printer: &Printer) -> Outcome {
    let seen = Unverified::read(token).ok_or_else(|| {
        Failure::message("this is no JWT, so it says nothing of itself")
            .hint("`vouchsafe login status` asks the server whether it accepts a token")
    })?;
    let told = json!({
        "verified": false,
        "header": seen.header,
        "claims": seen.claims,
        "expiresAt": seen.expires_at(),
    });
    printer.show(output.format(), &told, || {
        let lines = lines(&seen.claims, now);
        let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        lines.iter().try_for_each(|(name, value)| printer.data(format!("{name:width$}  {value}")))?;
        printer.note("This is what the token says of itself; nobody has checked it.");
        Ok(())
    })
}

/// What there is to tell: a name and a value each.
fn lines(claims: &Map<String, Value>, now: Timestamp) -> Vec<(String, String)> {
    let known = |claim: &str| WORDS.iter().any(|(name, ..)| *name == claim) || REPEATED.contains(&claim);
    let told = WORDS.iter().filter_map(|(claim, words, form)| {
        let value = claims.get(*claim).filter(|value| !value.is_null() && **value != "")?;
        Some(((*words).to_owned(), in_words(value, *form, now)))
    });
    let others = claims.iter().filter(|(claim, _)| !known(claim));
    told.chain(others.map(|(claim, value)| (claim.clone(), plain(value)))).collect()
}

fn in_words(value: &Value, form: Form, now: Timestamp) -> String {
    match (form, value.as_i64()) {
        (Form::Time, Some(seconds)) => {
            let at = Timestamp::from_seconds(seconds);
            format!("{at} ({})", relative(at, now))
        }
        (Form::Span(nothing), Some(0)) => nothing.to_owned(),
        (Form::Span(_), Some(seconds)) => duration(seconds),
        (Form::Kind, _) => match value.as_str() {
            Some("identityAccessToken") => "access token of an identity".to_owned(),
            Some("accessToken") => "access token of a person".to_owned(),
            Some("refreshToken") => "refresh token of a person".to_owned(),
            _ => plain(value),
        },
        _ => plain(value),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_told_in_words() {
        let claims = json!({
            "authTokenType": "identityAccessToken", "identityName": "build\u{1b}[2J", "clientSecretId": "",
            "accessTokenTTL": 3600, "accessTokenMaxTTL": 0, "iat": 1000, "exp": 4600, "tokenEpoch": 1, "extra": [1],
        });
        let lines = lines(claims.as_object().unwrap(), Timestamp::from_seconds(1600));
        let want = [
            ("kind", "access token of an identity"),
            ("name", "build\u{fffd}[2J"),
            ("issued", "1970-01-01T00:16:40.000Z (10 minutes ago)"),
            ("expires", "1970-01-01T01:16:40.000Z (in 50 minutes)"),
            ("lives", "1 hour"),
            ("with renewals", "without limit"),
            ("extra", "[1]"),
        ];
        assert_eq!(lines, want.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
