//! Attacks on JWTs, made from the rules of RFC 7515, 7517, 7518, 7519, 8037 and 8725, each with what has to become of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, ED25519, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
    RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use vouchsafe_attest::jose::{Algorithm, Algorithms, KeySet, TokenType, UnverifiedJwt};
use vouchsafe_attest::{Reason, Refusal};

/// Everything an issuer has: one key of each kind.
struct Issuer {
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    p521: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Issuer {
    fn new() -> Self {
        let elliptic = |kind: &'static EcdsaSigningAlgorithm| EcdsaKeyPair::generate(kind).unwrap();
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            p256: elliptic(&ECDSA_P256_SHA256_FIXED_SIGNING),
            p384: elliptic(&ECDSA_P384_SHA384_FIXED_SIGNING),
            p521: elliptic(&ECDSA_P521_SHA512_FIXED_SIGNING),
            ed25519: Ed25519KeyPair::generate().unwrap(),
        }
    }

    /// Modulus and exponent.
    fn rsa_parts(&self) -> (Vec<u8>, Vec<u8>) {
        // `RSAPublicKey` (RFC 8017 appendix A.1.1) of 2048 bits: 257 bytes of modulus with its zero, 3 of exponent.
        let der = self.rsa.public_key().as_ref();
        (der[9..265].to_vec(), der[267..].to_vec())
    }

    fn jwks(&self) -> Vec<Value> {
        let (n, e) = self.rsa_parts();
        let mut keys = vec![json!({ "kty": "RSA", "kid": "rsa", "n": b64(n), "e": b64(e) })];
        for (id, curve, key) in
            [("p256", "P-256", &self.p256), ("p384", "P-384", &self.p384), ("p521", "P-521", &self.p521)]
        {
            let point = &key.public_key().as_ref()[1..];
            let (x, y) = point.split_at(point.len() / 2);
            keys.push(json!({ "kty": "EC", "kid": id, "crv": curve, "x": b64(x), "y": b64(y) }));
        }
        let x = b64(self.ed25519.public_key().as_ref());
        keys.push(json!({ "kty": "OKP", "kid": "ed25519", "crv": "Ed25519", "x": x }));
        keys
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let rsa = |padding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; self.rsa.public_modulus_len()];
            self.rsa.sign(padding, &random, message, &mut signature).unwrap();
            signature
        };
        let elliptic = |key: &EcdsaKeyPair| key.sign(&random, message).unwrap().as_ref().to_vec();
        match algorithm {
            "RS256" => rsa(&RSA_PKCS1_SHA256),
            "RS384" => rsa(&RSA_PKCS1_SHA384),
            "RS512" => rsa(&RSA_PKCS1_SHA512),
            "PS256" => rsa(&RSA_PSS_SHA256),
            "PS384" => rsa(&RSA_PSS_SHA384),
            "PS512" => rsa(&RSA_PSS_SHA512),
            "ES256" => elliptic(&self.p256),
            "ES384" => elliptic(&self.p384),
            "ES512" => elliptic(&self.p521),
            "EdDSA" | "Ed25519" => self.ed25519.sign(message).as_ref().to_vec(),
            other => panic!("{other}"),
        }
    }

    /// A token whose header and payload are these texts, signed so.
    fn token(&self, header: &str, payload: &str, algorithm: &str) -> String {
        let message = format!("{}.{}", b64(header), b64(payload));
        let signature = self.sign(algorithm, message.as_bytes());
        format!("{message}.{}", b64(signature))
    }

    /// An ordinary token with this header, signed by ES256.
    fn with_header(&self, header: &str) -> String {
        self.token(header, PAYLOAD, "ES256")
    }
}

/// Modulus of an RSA key of 1024 bits, and its RS256 signature of a token with [`PAYLOAD`].
const SHORT_MODULUS: &str = "tfSLcyyE2eVd6SVbIeRC6pi1cESwmFqWdl87rG1mmtaQGB88SkiBMDFcfeQpb4XO3nXbOAKM5K72hw2MfCm4dIhe2K3jTZg-ndmGb33DXlGvHaK0uYZCdmhh61Ce3CXET8jjMeBnpHRiB4eTpq3Sn8PD-FjBCicnhBoOKeVR_PM";
const SHORT_SIGNATURE: &str = "jhH0pjoS2iRdlbcKSNe_G5a9CVx4vS2iyEkPMCgX4CL4jqiTdo7NPGqUT6vVGXsSPljx1LIG-k_StxOu1Ir4ND4gTPeXKxLnSt-XsGew7CNDYcEJEO6MXRNKC4O7cJJ52ebODEq0LyRY4P__oKt3Cu77Qhx7-l7UgJdzkwVnSFA";

const PAYLOAD: &str = r#"{"sub":"a"}"#;
const HEADER: &str = r#"{"alg":"ES256","kid":"p256"}"#;

fn key_of(algorithm: &str) -> &'static str {
    match algorithm {
        "ES256" => "p256",
        "ES384" => "p384",
        "ES512" => "p521",
        "EdDSA" | "Ed25519" => "ed25519",
        _ => "rsa",
    }
}

fn verdict(token: &str, keys: &[Value]) -> Result<(), Reason> {
    verdict_of(token, keys, &Algorithms::all(), TokenType::AccessToken)
}

fn verdict_of(token: &str, keys: &[Value], accepted: &Algorithms, kind: TokenType) -> Result<(), Reason> {
    let set = KeySet::from_jwks(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
    let parsed = UnverifiedJwt::parse(token).map_err(Refusal::from);
    let verified = parsed.and_then(|token| token.verify(&set, accepted, kind).map(|_| ()));
    verified.map_err(|refusal| refusal.reason)
}

#[test]
fn good_tokens_of_every_algorithm_are_accepted() {
    let issuer = Issuer::new();
    let keys = issuer.jwks();
    for algorithm in
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
    {
        for kid in [format!(r#","kid":"{}""#, key_of(algorithm)), String::new()] {
            let token = issuer.token(&format!(r#"{{"alg":"{algorithm}"{kid}}}"#), PAYLOAD, algorithm);
            assert_eq!(verdict(&token, &keys), Ok(()), "{algorithm}{kid}");
        }
    }
    for typ in ["JWT", "jwt", "application/jwt", "JOSE", "at+jwt", "application/at+jwt"] {
        let token = issuer.with_header(&format!(r#"{{"alg":"ES256","kid":"p256","typ":"{typ}"}}"#));
        assert_eq!(verdict(&token, &keys), Ok(()), "{typ}");
    }
}

#[test]
fn what_is_no_signature_with_a_public_key_is_refused() {
    let issuer = Issuer::new();
    let keys = issuer.jwks();
    for name in [
        "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "es256", "ES256K", "RSA-OAEP",
        "A128GCM", "dir",
    ] {
        let message = format!("{}.{}", b64(format!(r#"{{"alg":"{name}"}}"#)), b64(PAYLOAD));
        for signature in ["", "AAAA"] {
            assert_eq!(verdict(&format!("{message}.{signature}"), &keys), Err(Reason::Algorithm), "{name}");
        }
    }
}

/// Real MACs, keyed with the public key as if it were a shared secret, in every form in which it is published.
#[test]
fn a_public_key_is_no_shared_secret() {
    let issuer = Issuer::new();
    let keys = issuer.jwks();
    let (n, e) = issuer.rsa_parts();
    let mut secrets = vec![n, e, issuer.p256.public_key().as_ref().to_vec()];
    let rsa: PublicKeyX509Der<'_> = issuer.rsa.public_key().as_der().unwrap();
    let p256: PublicKeyX509Der<'_> = issuer.p256.public_key().as_der().unwrap();
    for spki in [rsa.as_ref(), p256.as_ref()] {
        let text = BASE64_STANDARD.encode(spki);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
        assert!(KeySet::from_pems([pem.as_str()]).is_ok(), "it is the key");
        secrets.extend([spki.to_vec(), text.into_bytes(), format!("{pem}\n").into_bytes(), pem.into_bytes()]);
    }
    for jwk in &keys {
        secrets.extend([jwk.to_string().into_bytes(), serde_json::to_vec_pretty(jwk).unwrap()]);
    }
    secrets.push(json!({ "keys": keys }).to_string().into_bytes());
    for (name, kind) in
        [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
    {
        for (place, secret) in secrets.iter().enumerate() {
            for id in ["rsa", "p256", "ed25519"] {
                let header = format!(r#"{{"alg":"{name}","kid":"{id}"}}"#);
                let message = format!("{}.{}", b64(header), b64(PAYLOAD));
                let tag = hmac::sign(&hmac::Key::new(kind, secret), message.as_bytes());
                let forged = format!("{message}.{}", b64(tag));
                assert_eq!(verdict(&forged, &keys), Err(Reason::Algorithm), "{name}, secret {place}, {id}");
            }
        }
    }
}

#[test]
fn forged_signatures_are_refused() {
    let issuer = Issuer::new();
    let keys = issuer.jwks();
    let message = format!("{}.{}", b64(HEADER), b64(PAYLOAD));
    let good = issuer.sign("ES256", message.as_bytes());
    let with = |signature: &[u8]| verdict(&format!("{message}.{}", b64(signature)), &keys);
    assert_eq!(with(&good), Ok(()));
    let pkcs8 = issuer.p256.to_pkcs8v1().unwrap();
    let der_signer = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).unwrap();
    let der = der_signer.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    // The order of the curve, which is zero modulo itself.
    let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let mut flipped = good.clone();
    flipped[0] ^= 1;
    for (what, signature) in [
        ("empty", vec![]),
        ("all zero", vec![0; 64]),
        ("r is zero", [&[0; 32], &good[32..]].concat()),
        ("s is zero", [&good[..32], &[0; 32]].concat()),
        ("r is the order", [order.as_slice(), &good[32..]].concat()),
        ("s is the order", [&good[..32], order.as_slice()].concat()),
        ("all ones", vec![0xff; 64]),
        ("a byte short", good[..63].to_vec()),
        ("a byte long", [good.as_slice(), &[0]].concat()),
        ("DER", der.as_ref().to_vec()),
        ("a bit flipped", flipped),
        ("r and s swapped", [&good[32..], &good[..32]].concat()),
        ("of another message", issuer.sign("ES256", b"another")),
    ] {
        assert_eq!(with(&signature), Err(Reason::Signature), "{what}");
    }
    let swapped = format!("{}.{}.{}", b64(HEADER), b64(r#"{"sub":"b"}"#), b64(&good));
    assert_eq!(verdict(&swapped, &keys), Err(Reason::Signature), "another payload");
    for (named, signed) in [("RS256", "PS256"), ("PS256", "RS256"), ("RS256", "RS512"), ("PS384", "PS256")] {
        let token = issuer.token(&format!(r#"{{"alg":"{named}","kid":"rsa"}}"#), PAYLOAD, signed);
        assert_eq!(verdict(&token, &keys), Err(Reason::Signature), "{signed} named {named}");
    }
    let stranger = Issuer::new();
    assert_eq!(verdict(&stranger.with_header(HEADER), &keys), Err(Reason::Signature), "another issuer's key");
}

#[test]
fn which_key_counts_says_the_set_alone() {
    let (issuer, thief) = (Issuer::new(), Issuer::new());
    let keys = issuer.jwks();
    for (header, reason) in [
        (r#"{"alg":"ES256","kid":"unknown"}"#, Reason::UnknownKey),
        (r#"{"alg":"ES256","kid":"rsa"}"#, Reason::UnknownKey),
        (r#"{"alg":"ES256","kid":"p384"}"#, Reason::UnknownKey),
        (r#"{"alg":"ES256","kid":""}"#, Reason::UnknownKey),
        (r#"{"alg":"ES256","kid":7}"#, Reason::Malformed),
        (r#"{"alg":"ES256","kid":null}"#, Reason::Malformed),
        (r#"{"alg":["ES256"]}"#, Reason::Malformed),
        (r#"{"kid":"p256"}"#, Reason::Algorithm),
    ] {
        assert_eq!(verdict(&issuer.with_header(header), &keys), Err(reason), "{header}");
    }
    let own = thief.jwks()[1].to_string();
    for more in [
        format!(r#""jwk":{own}"#),
        r#""jku":"https://thief.example/jwks""#.to_owned(),
        r#""x5u":"https://thief.example/cert""#.to_owned(),
        r#""x5c":["MIIB"]"#.to_owned(),
    ] {
        let header = format!(r#"{{"alg":"ES256","kid":"p256",{more}}}"#);
        assert_eq!(verdict(&thief.with_header(&header), &keys), Err(Reason::Signature), "{header}");
    }
    // A key for one algorithm is not used with another, nor one for encryption at all.
    for (field, value) in [("alg", "PS256"), ("alg", "RSA-OAEP"), ("use", "enc")] {
        let mut limited = keys.clone();
        limited[0][field] = json!(value);
        let token = issuer.token(r#"{"alg":"RS256","kid":"rsa"}"#, PAYLOAD, "RS256");
        assert_eq!(verdict(&token, &limited), Err(Reason::UnknownKey), "{field} {value}");
    }
    let mut only_encrypts = keys.clone();
    only_encrypts[1]["key_ops"] = json!(["encrypt"]);
    assert_eq!(verdict(&issuer.with_header(HEADER), &only_encrypts), Err(Reason::UnknownKey));
    let es384 = Algorithms::of(&[Algorithm::Es384]);
    let other = verdict_of(&issuer.with_header(HEADER), &keys, &es384, TokenType::Jwt);
    assert_eq!(other, Err(Reason::Algorithm), "an algorithm that the source does not list");
}

#[test]
fn a_token_without_a_key_id_is_tried_against_ten_keys_at_most() {
    let issuer = Issuer::new();
    let token = issuer.with_header(r#"{"alg":"ES256"}"#);
    let others: Vec<Value> = (0..10).map(|_| Issuer::new().jwks()[1].clone()).collect();
    let own = issuer.jwks()[1].clone();
    assert_eq!(verdict(&token, &[&others[..9], std::slice::from_ref(&own)].concat()), Ok(()));
    assert_eq!(verdict(&token, &[&others[..10], &[own]].concat()), Err(Reason::UnknownKey));
}

#[test]
fn odd_headers_are_refused() {
    let issuer = Issuer::new();
    let keys = issuer.jwks();
    for header in [
        r#"{"alg":"ES256","kid":"p256","crit":["exp"]}"#,
        r#"{"alg":"ES256","kid":"p256","crit":[]}"#,
        r#"{"alg":"ES256","kid":"p256","b64":false,"crit":["b64"]}"#,
        r#"{"alg":"ES256","kid":"p256","b64":true}"#,
        r#"{"alg":"ES256","kid":"p256","zip":"DEF"}"#,
        r#"{"alg":"ES256","kid":"p256","enc":"A128GCM"}"#,
        r#"{"alg":"ES256","kid":"p256","typ":"dpop+jwt"}"#,
        r#"{"alg":"ES256","kid":"p256","typ":"secevent+jwt"}"#,
        r#"{"alg":"ES256","kid":"p256","typ":"logout+jwt"}"#,
        r#"{"alg":"ES256","kid":"p256","typ":""}"#,
        r#"{"alg":"ES256","kid":"p256","typ":5}"#,
        r#"{"alg":"none","alg":"ES256","kid":"p256"}"#,
        r#"{"alg":"ES256","kid":"p256","kid":"p256"}"#,
        r#"{"alg":"ES256","kid":"p256","\u0061lg":"ES256"}"#,
        r#"{"alg":"ES256","kid":"p256","x":1,"x":1}"#,
        r#"{"alg":"ES256","kid":"p256","b64":false}"#,
        r#"{"alg":"ES256","kid":"p256","b64":null}"#,
        r#"["alg","ES256"]"#,
        r#""ES256""#,
        "null",
        "",
        "{",
        r#"{"alg":"ES256","kid":"p256"}{}"#,
    ] {
        assert_eq!(verdict(&issuer.with_header(header), &keys), Err(Reason::Malformed), "{header}");
    }
    let typed = issuer.with_header(r#"{"alg":"ES256","kid":"p256","typ":"at+jwt"}"#);
    assert_eq!(verdict_of(&typed, &keys, &Algorithms::all(), TokenType::Jwt), Err(Reason::Malformed));
}

#[test]
fn odd_payloads_are_refused() {
    let issuer = Issuer::new();
    let keys = issuer.jwks();
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(40), "]".repeat(40));
    let very_deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(4000), "]".repeat(4000));
    for payload in [
        r#"["sub"]"#,
        r#""sub""#,
        "1",
        "null",
        "",
        "{",
        r#"{"sub":"a","sub":"b"}"#,
        r#"{"sub":"a","s\u0075b":"a"}"#,
        r#"{"sub":"a"} x"#,
        r#"{"sub":1e999}"#,
        "{\"sub\":\"\u{0}\"}",
        deep.as_str(),
        very_deep.as_str(),
    ] {
        let token = issuer.token(HEADER, payload, "ES256");
        assert_eq!(
            verdict(&token, &keys),
            Err(Reason::Malformed),
            "{}",
            payload.chars().take(60).collect::<String>()
        );
    }
    let not_utf8 = format!("{}.{}", b64(HEADER), b64([b'{', b'"', 0xff, b'"', b':', b'1', b'}']));
    let signature = issuer.sign("ES256", not_utf8.as_bytes());
    assert_eq!(verdict(&format!("{not_utf8}.{}", b64(signature)), &keys), Err(Reason::Malformed));
}

#[test]
fn odd_forms_are_refused() {
    let issuer = Issuer::new();
    let keys = issuer.jwks();
    let good = issuer.with_header(HEADER);
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let padded = |text: &str| BASE64_URL_SAFE.encode(text);
    let long = issuer.token(HEADER, &json!({ "a": "x".repeat(16 * 1024) }).to_string(), "ES256");
    for form in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{signature}"),
        format!("{good}.{signature}.{signature}"),
        format!("{header}..{signature}"),
        format!("{header}.{payload}.{signature}="),
        format!("{}.{payload}.{signature}", padded(r#"{"alg":"ES256","kid":"p256" }"#)),
        format!("{header} .{payload}.{signature}"),
        format!("{header}.{payload}.{signature}\n"),
        format!("{header}\n.{payload}.{signature}"),
        format!("{header}.{payload}.{}", signature.replace(['-', '_'], "+")) + "+",
        format!(r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#),
        long,
    ] {
        let verdict = verdict(&form, &keys);
        assert!(verdict.is_err(), "{}", form.chars().take(80).collect::<String>());
        assert_ne!(verdict, Err(Reason::UnknownKey));
    }
}

#[test]
fn weak_and_broken_keys_are_no_keys() {
    let issuer = Issuer::new();
    let (n, e) = issuer.rsa_parts();
    let mut off_curve = issuer.jwks()[1].clone();
    off_curve["y"] = json!(b64([1; 32]));
    for (what, key) in [
        ("RSA of 1024 bits", json!({ "kty": "RSA", "n": b64(&n[..128]), "e": b64(&e) })),
        ("RSA with an exponent of 1", json!({ "kty": "RSA", "n": b64(&n), "e": b64([1]) })),
        ("RSA with an even exponent", json!({ "kty": "RSA", "n": b64(&n), "e": b64([1, 0, 0]) })),
        ("RSA without an exponent", json!({ "kty": "RSA", "n": b64(&n) })),
        ("RSA of 16384 bits", json!({ "kty": "RSA", "n": b64([&n[..], &[1; 1792]].concat()), "e": b64(&e) })),
        ("a point that is not on the curve", off_curve),
        (
            "a curve that is not known",
            json!({ "kty": "EC", "crv": "secp256k1", "x": b64([1; 32]), "y": b64([1; 32]) }),
        ),
        (
            "coordinates of another length",
            json!({ "kty": "EC", "crv": "P-256", "x": b64([1; 31]), "y": b64([1; 32]) }),
        ),
        ("Ed25519 of 31 bytes", json!({ "kty": "OKP", "crv": "Ed25519", "x": b64([1; 31]) })),
        ("X25519", json!({ "kty": "OKP", "crv": "X25519", "x": b64([1; 32]) })),
        ("a shared secret", json!({ "kty": "oct", "k": b64([1; 32]) })),
        ("no kind", json!({ "n": b64(&n), "e": b64(&e) })),
    ] {
        let set = json!({ "keys": [key] }).to_string();
        assert!(KeySet::from_jwks(set.as_bytes()).is_err(), "{what}");
    }
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#, "<html>"] {
        assert!(KeySet::from_jwks(text.as_bytes()).is_err(), "{text}");
    }
    for pem in ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
        assert!(KeySet::from_pems([pem]).is_err(), "{pem}");
    }
}

/// Who signs with a short key is not believed, though the signature is good.
#[test]
fn a_token_signed_by_a_short_key_is_refused() {
    let (header, n) = (r#"{"alg":"RS256","kid":"short"}"#, SHORT_MODULUS);
    let message = format!("{}.{}", b64(header), b64(PAYLOAD));
    let signature = BASE64_URL_SAFE_NO_PAD.decode(SHORT_SIGNATURE).unwrap();
    let modulus = BASE64_URL_SAFE_NO_PAD.decode(n).unwrap();
    let components = RsaPublicKeyComponents { n: modulus.as_slice(), e: [1, 0, 1].as_slice() };
    let legacy = &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY;
    components.verify(legacy, message.as_bytes(), &signature).expect("a good signature");

    let short = json!({ "kty": "RSA", "kid": "short", "n": n, "e": "AQAB" });
    let keys = [Issuer::new().jwks(), vec![short]].concat();
    assert_eq!(verdict(&format!("{message}.{SHORT_SIGNATURE}"), &keys), Err(Reason::UnknownKey));
}

/// One signature fits every message by a key of small order, so such keys are none; and a point of small order in the
/// signature, or a number beyond the group's order, is of no use with a good key.
#[test]
fn small_order_points_sign_nothing() {
    let issuer = Issuer::new();
    let header = r#"{"alg":"EdDSA","kid":"ed25519"}"#;
    let message = format!("{}.{}", b64(header), b64(PAYLOAD));
    let small = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        // The same in other writings: y beyond the field.
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]
    .map(hex);
    let with_sign = small.iter().flat_map(|point| {
        let mut other = point.clone();
        other[31] |= 0x80;
        [point.clone(), other]
    });
    let mut works_elsewhere = 0;
    for point in with_sign {
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "ed25519", "x": b64(&point) });
        assert!(KeySet::from_jwks(json!({ "keys": [jwk] }).to_string().as_bytes()).is_err(), "{point:02x?}");
        // `R` of small order and `s` of zero fit this key, and every message.
        let forged = [small[0].as_slice(), &[0; 32]].concat();
        let plain = UnparsedPublicKey::new(&ED25519, &point);
        works_elsewhere += usize::from(plain.verify(message.as_bytes(), &forged).is_ok());
        let with_good_key = format!("{message}.{}", b64([point.as_slice(), &[0; 32]].concat()));
        assert_eq!(verdict(&with_good_key, &issuer.jwks()), Err(Reason::Signature), "{point:02x?}");
    }
    assert!(works_elsewhere > 0, "the library alone takes such keys");

    let mut beyond = issuer.sign("EdDSA", message.as_bytes());
    assert_eq!(verdict(&format!("{message}.{}", b64(&beyond)), &issuer.jwks()), Ok(()));
    let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0;
    for (byte, more) in beyond[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert_eq!(verdict(&format!("{message}.{}", b64(&beyond)), &issuer.jwks()), Err(Reason::Signature));
}

#[test]
fn claims_are_read_to_sixteen_levels() {
    let issuer = Issuer::new();
    let keys = issuer.jwks();
    for (open, inner, close) in [("[", "", "]"), (r#"{"b":"#, "1", "}")] {
        for (levels, expected) in [
            (1, Ok(())),
            (15, Ok(())),
            (16, Ok(())),
            (17, Err(Reason::Malformed)),
            (18, Err(Reason::Malformed)),
        ] {
            let nested = format!("{}{inner}{}", open.repeat(levels), close.repeat(levels));
            let payload = issuer.token(HEADER, &format!(r#"{{"a":{nested}}}"#), "ES256");
            assert_eq!(verdict(&payload, &keys), expected, "{levels} of {open}");
            let header = format!(r#"{{"alg":"ES256","kid":"p256","a":{nested}}}"#);
            assert_eq!(verdict(&issuer.with_header(&header), &keys), expected, "{levels} of {open}, header");
        }
    }
}

#[test]
fn tokens_are_read_to_sixteen_kib() {
    let issuer = Issuer::new();
    let keys = issuer.jwks();
    let of_length = |length: usize| {
        // Three bytes make four letters; spaces in the header make up for what cannot be divided.
        (0..4)
            .flat_map(|spaces| (length / 4 * 3 - 200..length / 4 * 3).map(move |fill| (spaces, fill)))
            .find_map(|(spaces, fill)| {
                let header = HEADER.replace('{', &format!("{{{}", " ".repeat(spaces)));
                let payload = json!({ "a": "x".repeat(fill) }).to_string();
                let letters = |bytes: usize| (bytes * 4).div_ceil(3);
                let whole = letters(header.len()) + letters(payload.len()) + letters(64) + 2;
                (whole == length).then(|| issuer.token(&header, &payload, "ES256"))
            })
    };
    let most = 16 * 1024;
    for (length, expected) in [(most - 1, Ok(())), (most, Ok(())), (most + 1, Err(Reason::Malformed))] {
        let token = of_length(length).unwrap();
        assert_eq!((token.len(), verdict(&token, &keys)), (length, expected));
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
