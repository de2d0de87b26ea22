//! No secret in `Debug`: every type that holds one, against every spelling of its bytes.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

use crate::token::{Signer, SigningKey, Verifier};
use crate::{Aad, DataKey, RootKey, SecretHasher};

/// Fails if `shown` holds four or more bytes in a row of the secret, in any usual spelling.
fn assert_hidden(shown: &str, secret: &[u8]) {
    let squeezed = shown.replace(char::is_whitespace, "");
    for part in secret.windows(4) {
        let decimal = part.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
        for spelling in [hex::encode(part), hex::encode_upper(part), decimal] {
            assert!(!squeezed.contains(&spelling), "shows the secret");
        }
    }
    for at in 0..3 {
        for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
            let text = engine.encode(&secret[at..]);
            for window in text.as_bytes()[..text.len() - 1].windows(6) {
                let window = std::str::from_utf8(window).expect("ASCII");
                assert!(!squeezed.contains(window), "shows the secret");
            }
        }
    }
}

fn shown(value: &impl std::fmt::Debug) -> String {
    format!("{value:?} {value:#?}")
}

#[test]
fn root_and_data_keys() {
    let root = RootKey::generate();
    let raw = BASE64_STANDARD_NO_PAD.decode(root.to_base64().trim_end_matches('=')).expect("base64");
    assert_hidden(&shown(&root), &raw);
    let key = DataKey::generate();
    assert_hidden(&shown(&key), key.raw());
    assert_eq!(shown(&root.wrap(&key, &Aad::new(&[]))), "Sealed(69 bytes) Sealed(69 bytes)");
}

#[test]
fn hashers() {
    let raw: [u8; 32] = crate::random::bytes();
    assert_hidden(&shown(&SecretHasher::new(&raw)), &raw);
}

#[test]
fn signing_keys() {
    let key = SigningKey::generate();
    let pkcs8 = key.to_pkcs8();
    // The seed: behind the 16 bytes that every Ed25519 PKCS#8 document begins with.
    let seed = pkcs8[16..48].to_vec();
    assert_hidden(&shown(&key), &seed);
    let signer = Signer::new(key);
    assert_hidden(&shown(&signer), &seed);
    assert_hidden(&shown(&Verifier::new([signer.public_key().clone()])), &seed);
}

#[test]
#[should_panic = "shows the secret"]
fn the_check_itself_notices() {
    let raw: [u8; 32] = crate::random::bytes();
    assert_hidden(&shown(&raw), &raw);
}

#[test]
fn errors_name_no_input() {
    let text = "hunter2hunter2hunter2";
    let error = RootKey::from_base64(text).expect_err("no key");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    let error =
        Verifier::new([]).verify::<serde_json::Value>("hunter2.hunter2.hunter2").expect_err("no token");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}
