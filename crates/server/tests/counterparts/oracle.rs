//! An identity service of Oracle's cloud that checks signatures and answers as the real one is documented to.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::fake::{Asked, Fake, Said};

pub(crate) const TENANCY: &str = "ocid1.tenancy.oc1..aaaaaaaatenancy";
pub(crate) const USER: &str = "ocid1.user.oc1..aaaaaaaauser";
pub(crate) const FINGERPRINT: &str = "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34";

/// The text that is signed: a line for each header, in the order that is named.
pub(crate) fn signing_string(headers: &str, value: impl Fn(&str) -> String) -> String {
    let lines: Vec<String> = headers.split(' ').map(|name| format!("{name}: {}", value(name))).collect();
    lines.join("\n")
}

pub(crate) fn error(status: u16, code: &str, message: &str) -> Said {
    (status, "application/json", json!({ "code": code, "message": message }).to_string())
}

pub(crate) fn not_authenticated() -> Said {
    error(
        401,
        "NotAuthenticated",
        "The required information to complete authentication was not provided or was incorrect.",
    )
}

/// The one user, called `app@example.com`.
pub(crate) fn user(change: impl FnOnce(&mut Value)) -> Said {
    let mut user = json!({
        "id": USER, "compartmentId": TENANCY, "name": "app@example.com", "description": "app", "email": null,
        "emailVerified": true, "identityProviderId": null, "externalIdentifier": null,
        "timeCreated": "2026-01-01T00:00:00.000Z", "lifecycleState": "ACTIVE", "inactiveStatus": null,
        "freeformTags": {}, "definedTags": {}, "isMfaActivated": false,
        "capabilities": { "canUseConsolePassword": false, "canUseApiKeys": true },
    });
    change(&mut user);
    (200, "application/json", user.to_string())
}

/// A part of the `Authorization` header.
fn part<'a>(authorization: &'a str, name: &str) -> &'a str {
    let start = authorization.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
    authorization[start..].split('"').next().unwrap()
}

/// An identity service that knows one user, whose key this is.
pub(crate) fn identity_service(key: &RsaKeyPair) -> Fake {
    let der: PublicKeyX509Der<'static> = key.public_key().as_der().unwrap();
    let public = der.as_ref().to_vec();
    Fake::plain(move |asked: &Asked| answer(asked, &public))
}

/// What the identity service answers to a user whose public key is known.
fn answer(asked: &Asked, public: &[u8]) -> Said {
    let authorization = asked.header("authorization");
    if part(authorization, "keyId") != format!("{TENANCY}/{USER}/{FINGERPRINT}") {
        return not_authenticated();
    }
    let text = signing_string(part(authorization, "headers"), |name| match name {
        "(request-target)" => format!("{} {}", asked.method.to_lowercase(), asked.target),
        name => asked.header(name).to_owned(),
    });
    let signature = BASE64_STANDARD.decode(part(authorization, "signature")).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
    if key.verify(text.as_bytes(), &signature).is_err() {
        return not_authenticated();
    }
    user(|_| {})
}
