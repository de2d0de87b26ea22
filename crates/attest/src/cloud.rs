//! What clouds share that vouch for their machines by tokens of their own, signed with RS256.

use serde_json::Value;

use crate::jose::{
    Algorithm, Algorithms, Claims, KeySource, SetAddress, TimeRules, TokenType, UnverifiedJwt, check_times,
};
use crate::net::Trust;
use crate::{Context, Reason, Refusal};

/// Keys that a cloud publishes.
pub(crate) fn keys(address: SetAddress) -> KeySource {
    KeySource::at(address, Trust::Public)
}

/// Refuses a token that is signed in another way than this cloud does, before anybody is asked for keys.
pub(crate) fn check_algorithm(token: &UnverifiedJwt, cloud: &str) -> Result<(), Refusal> {
    if accepted().accept(token.algorithm()) {
        return Ok(());
    }
    let why = format!("the token is signed with {}; {cloud} signs with RS256", token.algorithm());
    Err(Refusal::new(Reason::Algorithm, why))
}

/// The claims of a token that is signed with one of a cloud's keys, and that is valid now.
pub(crate) async fn verified(
    context: &Context<'_>,
    token: &UnverifiedJwt,
    address: SetAddress,
) -> Result<Claims, Refusal> {
    let set = keys(address).for_token(context, token).await?;
    let claims = token.verify(&set, &accepted(), TokenType::Jwt)?.clone();
    check_times(&claims, TimeRules::default(), context.now)?;
    Ok(claims)
}

/// A claim, empty if it is not there or no text.
pub(crate) fn text<'c>(claims: &'c Claims, name: &str) -> &'c str {
    claims.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn accepted() -> Algorithms {
    Algorithms::of(&[Algorithm::Rs256])
}
