//! Tests of access tokens, with the vectors of RFC 8032 and RFC 8037.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, ParsedPublicKey};
use aws_lc_rs::{hmac, signature::KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};

use super::*;
use crate::KeyError;

/// RFC 8032, 7.1, test 1; also the key of RFC 8037, appendix A.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

fn claims() -> Value {
    json!({ "identityId": "7f3a", "iat": 1_700_000_000, "exp": 1_700_003_600 })
}

fn setup() -> (Signer, Verifier) {
    let signer = Signer::new(SigningKey::generate());
    let verifier = Verifier::new([signer.public_key().clone()]);
    (signer, verifier)
}

fn refused(verifier: &Verifier, token: &str) -> TokenError {
    verifier.verify::<Value>(token).expect_err("must be refused")
}

fn encode(value: &Value) -> String {
    BASE64URL.encode(value.to_string())
}

fn rfc_key() -> SigningKey {
    let pair = Ed25519KeyPair::from_seed_unchecked(&hex::decode(SEED).expect("hex")).expect("a seed");
    SigningKey::from_pkcs8(THUMBPRINT, pair.to_pkcs8().expect("encodes").as_ref()).expect("a key")
}

/// A token signed by the key with a header of the forger's choice.
fn with_header(key: &SigningKey, header: &Value) -> String {
    let pair = Ed25519KeyPair::from_pkcs8(&key.to_pkcs8()).expect("a key");
    let message = format!("{}.{}", encode(header), encode(&claims()));
    format!("{message}.{}", BASE64URL.encode(pair.sign(message.as_bytes())))
}

#[test]
fn rfc_8032_signature() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&hex::decode(SEED).expect("hex")).expect("a seed");
    assert_eq!(hex::encode(pair.public_key()), PUBLIC);
    let want = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b\
                d25bf5f0595bbe24655141438e7a100b";
    assert_eq!(hex::encode(pair.sign(b"")), want);
    let public = ParsedPublicKey::new(&ED25519, pair.public_key()).expect("a key");
    assert!(public.verify_sig(b"", &hex::decode(want).expect("hex")).is_ok());
}

#[test]
fn rfc_8037_thumbprint_jwk_and_signature() {
    let key = rfc_key();
    assert_eq!(key.kid(), THUMBPRINT);
    assert_eq!(key.public_key().to_jwk()["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    let message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let pair = Ed25519KeyPair::from_pkcs8(&key.to_pkcs8()).expect("a key");
    assert_eq!(
        BASE64URL.encode(pair.sign(message.as_bytes())),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

#[test]
fn what_was_signed_verifies() {
    let (signer, verifier) = setup();
    let token = signer.sign(&claims());
    assert_eq!(verifier.verify::<Value>(&token), Ok(claims()));
    let header: Value = serde_json::from_slice(
        &BASE64URL.decode(token.split('.').next().expect("a part")).expect("base64url"),
    )
    .expect("JSON");
    assert_eq!(header, json!({ "alg": "EdDSA", "typ": "JWT", "kid": signer.kid() }));
}

#[test]
fn a_stored_key_signs_on() {
    let key = SigningKey::generate();
    let again = SigningKey::from_pkcs8(key.kid(), &key.to_pkcs8()).expect("reads");
    let verifier = Verifier::new([key.public_key().clone()]);
    assert!(verifier.verify::<Value>(&Signer::new(again).sign(&claims())).is_ok());
    assert_eq!(
        SigningKey::from_pkcs8(THUMBPRINT, &key.to_pkcs8()).expect_err("other id"),
        KeyError::OtherKey
    );
    assert_eq!(SigningKey::from_pkcs8(key.kid(), b"nonsense").expect_err("no key"), KeyError::Invalid);
    assert_eq!(PublicKey::from_bytes(&[0; 31]).expect_err("short"), KeyError::Length);
    assert_eq!(PublicKey::from_bytes(key.public_key().as_bytes()).as_ref(), Ok(key.public_key()));
}

#[test]
fn several_keys_verify_side_by_side_and_others_do_not() {
    let [old, new, stranger] = [(); 3].map(|()| Signer::new(SigningKey::generate()));
    let verifier = Verifier::new([new.public_key().clone(), old.public_key().clone()]);
    assert!(verifier.verify::<Value>(&old.sign(&claims())).is_ok());
    assert!(verifier.verify::<Value>(&new.sign(&claims())).is_ok());
    assert_eq!(refused(&verifier, &stranger.sign(&claims())), TokenError::Signature);
    assert_eq!(refused(&Verifier::new([]), &new.sign(&claims())), TokenError::Signature);
}

#[test]
fn a_known_key_id_over_another_signature_is_refused() {
    let (signer, verifier) = setup();
    let stranger = Ed25519KeyPair::generate().expect("generates");
    let message = format!("{}.{}", super::header(signer.kid()), encode(&claims()));
    let token = format!("{message}.{}", BASE64URL.encode(stranger.sign(message.as_bytes())));
    assert_eq!(refused(&verifier, &token), TokenError::Signature);
}

#[test]
fn every_changed_character_is_noticed() {
    let (signer, verifier) = setup();
    let token = signer.sign(&claims());
    for at in 0..token.len() {
        for replacement in ["A", "B", ".", "=", "é", ""] {
            let changed = format!("{}{replacement}{}", &token[..at], &token[at + 1..]);
            assert!(changed == token || verifier.verify::<Value>(&changed).is_err(), "{at} {replacement:?}");
        }
    }
}

/// One token, one text: caches and revocation may key on it.
#[test]
fn no_other_spelling_of_a_token_verifies() {
    let (signer, verifier) = setup();
    let token = signer.sign(&claims());
    for other in [
        format!("{token}="),
        format!("{token}A"),
        format!("{token}."),
        format!("{token} "),
        format!(" {token}"),
    ] {
        assert_eq!(verifier.verify::<Value>(&other), Err(TokenError::Malformed), "{other}");
    }
    // The last character carries four unused bits.
    for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars() {
        let other = format!("{}{c}", &token[..token.len() - 1]);
        assert!(other == token || verifier.verify::<Value>(&other).is_err(), "{other}");
    }
}

#[test]
fn no_signature_is_no_token() {
    let (signer, verifier) = setup();
    for alg in ["none", "None", "NONE", ""] {
        let header = encode(&json!({ "alg": alg, "typ": "JWT", "kid": signer.kid() }));
        assert_eq!(refused(&verifier, &format!("{header}.{}.", encode(&claims()))), TokenError::Algorithm);
    }
    let token = signer.sign(&claims());
    let (message, _) = token.rsplit_once('.').expect("has parts");
    assert_eq!(refused(&verifier, &format!("{message}.")), TokenError::Malformed);
    assert_eq!(refused(&verifier, message), TokenError::Malformed);
}

#[test]
fn the_public_key_as_hmac_secret_is_refused() {
    let (signer, verifier) = setup();
    let header = encode(&json!({ "alg": "HS256", "typ": "JWT", "kid": signer.kid() }));
    let message = format!("{header}.{}", encode(&claims()));
    let jwk = signer.public_key().to_jwk();
    let x = jwk["x"].as_str().expect("text");
    for secret in [&signer.public_key().as_bytes()[..], x.as_bytes(), jwk.to_string().as_bytes()] {
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        assert_eq!(
            refused(&verifier, &format!("{message}.{}", BASE64URL.encode(mac))),
            TokenError::Algorithm
        );
    }
}

#[test]
fn a_header_that_is_not_ours_is_refused_even_if_signed() {
    let key = rfc_key();
    let verifier = Verifier::new([key.public_key().clone()]);
    let jwk = SigningKey::generate().public_key().to_jwk();
    for (header, error) in [
        (json!({ "alg": "EdDSA" }), TokenError::Signature),
        (json!({ "alg": "EdDSA", "kid": "other" }), TokenError::Signature),
        (json!({ "alg": "EdDSA", "kid": THUMBPRINT, "crit": ["b64"], "b64": false }), TokenError::Signature),
        (json!({ "alg": "EdDSA", "kid": THUMBPRINT, "jwk": jwk }), TokenError::Signature),
        (json!({ "alg": "EdDSA", "kid": THUMBPRINT, "jku": "https://evil.example" }), TokenError::Signature),
        (json!({ "alg": "ES256", "typ": "JWT", "kid": THUMBPRINT }), TokenError::Algorithm),
        (json!({ "alg": "eddsa", "typ": "JWT", "kid": THUMBPRINT }), TokenError::Algorithm),
        (json!({ "kid": THUMBPRINT }), TokenError::Malformed),
        (json!([]), TokenError::Malformed),
    ] {
        assert_eq!(refused(&verifier, &with_header(&key, &header)), error, "{header}");
    }
}

#[test]
fn what_is_no_token_is_malformed() {
    let (signer, verifier) = setup();
    for text in ["", ".", "..", "...", "a.b.c", "eyJ.eyJ.x", "st.1.2.3", "\u{0}.\u{0}.\u{0}", "é.é.é"] {
        assert_eq!(refused(&verifier, text), TokenError::Malformed, "{text}");
    }
    assert_eq!(verifier.verify::<u64>(&signer.sign(&claims())), Err(TokenError::Malformed));
}

#[test]
fn a_token_has_a_longest_length() {
    let (signer, verifier) = setup();
    let long = |length: usize| signer.sign(&json!({ "x": "x".repeat(length) }));
    assert!(verifier.verify::<Value>(&long(12_000)).is_ok());
    let too_long = long(12_500);
    assert!(too_long.len() > 16 * 1024);
    assert_eq!(refused(&verifier, &too_long), TokenError::Malformed);
}

#[test]
fn the_key_set_holds_the_public_halves_in_order() {
    let [one, two] = [(); 2].map(|()| SigningKey::generate());
    let verifier = Verifier::new([one.public_key().clone(), two.public_key().clone()]);
    assert_eq!(verifier.jwks(), json!({ "keys": [one.public_key().to_jwk(), two.public_key().to_jwk()] }));
    let rfc = Verifier::new([rfc_key().public_key().clone()]);
    assert_eq!(
        rfc.jwks()["keys"][0],
        json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": THUMBPRINT,
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        })
    );
}

/// Not a check but a measurement: `cargo test -p vouchsafe-keys --release -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
#[allow(clippy::print_stdout)]
fn how_long_it_takes() {
    let (signer, verifier) = setup();
    let token = signer.sign(&claims());
    let time = |name: &str, mut work: Box<dyn FnMut() + '_>| {
        let start = std::time::Instant::now();
        (0..2000).for_each(|_| work());
        println!("{name}: {:?}", start.elapsed() / 2000);
    };
    time("sign", Box::new(|| drop(signer.sign(&claims()))));
    time("verify", Box::new(|| drop(verifier.verify::<Value>(&token))));
}
