//! X.509-SVIDs, good and bad.
#![allow(clippy::unwrap_used)]

mod trees;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyUsagePurpose, SanType, date_time_ymd};
use serde_json::json;
use trees::{Ca, authority, client, key, named};
use vouchsafe_attest::Reason;
use vouchsafe_attest::spiffe::is_trust_domain;
use vouchsafe_attest::x509::svid::{SpiffeId, authorities_of_bundle, verify};
use vouchsafe_attest::x509::{Chain, Side};
use vouchsafe_domain::time::Timestamp;

/// 24 November 2026.
const NOW: Timestamp = Timestamp::from_millis(1_795_478_400_000);

fn domain_ca(uris: &[&str]) -> CertificateParams {
    let mut params = authority("ca");
    params.subject_alt_names = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())).collect();
    params
}

fn bundle(cas: &[&Ca]) -> String {
    let entry =
        |ca: &&Ca| json!({ "kty": "EC", "use": "x509-svid", "x5c": [BASE64_STANDARD.encode(ca.der())] });
    let mut keys: Vec<_> = cas.iter().map(entry).collect();
    keys.push(json!({ "kty": "EC", "use": "jwt-svid", "kid": "a" }));
    json!({ "keys": keys, "spiffe_sequence": 1 }).to_string()
}

fn judge(ca: &Ca, chain: &[Vec<u8>]) -> Result<String, Reason> {
    let authorities = authorities_of_bundle(&bundle(&[&Ca::new("other"), ca])).unwrap();
    let found =
        Chain::new(chain).and_then(|chain| verify(&chain, "acme.example", &authorities, Side::Client, NOW));
    found.map(|id| id.as_str().to_owned()).map_err(|refusal| refusal.reason)
}

#[test]
fn an_svid_is_judged_by_the_specification() {
    use KeyUsagePurpose::{CrlSign, DigitalSignature, KeyCertSign, KeyEncipherment};

    let ca = Ca::root(domain_ca(&["spiffe://acme.example"]), key());
    let middle = ca.below(domain_ca(&["spiffe://acme.example"]));
    let plain = ca.below(domain_ca(&[]));
    let foreign = ca.below(domain_ca(&["spiffe://other.example"]));
    let pathed = ca.below(domain_ca(&["spiffe://acme.example/ca"]));
    let id = "URI:spiffe://acme.example/ns/web";
    let web = || named("web", &[id]);
    let adjusted = |adjust: &dyn Fn(&mut CertificateParams)| {
        let mut params = web();
        adjust(&mut params);
        vec![ca.leaf(params).der]
    };
    let over = |signer: &Ca| vec![signer.leaf(web()).der, signer.der()];
    let uris = |names: &[&str]| vec![ca.leaf(named("web", names)).der];
    let ok = || Ok("spiffe://acme.example/ns/web".to_owned());
    let (path, malformed) = (Err(Reason::CertificatePath), Err(Reason::Malformed));
    let rows = [
        ("an SVID", uris(&[id]), ok()),
        ("with a DNS name beside", uris(&[id, "DNS:web.acme.example"]), ok()),
        ("over an authority of the domain", over(&middle), ok()),
        ("over an authority without URI", over(&plain), ok()),
        (
            "for servers and clients",
            adjusted(&|params| {
                params.extended_key_usages =
                    vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
            }),
            ok(),
        ),
        ("without extended key usage", adjusted(&|params| params.extended_key_usages.clear()), ok()),
        ("no URI", vec![ca.client("web").der], malformed.clone()),
        ("two URIs", uris(&[id, "URI:https://acme.example"]), malformed.clone()),
        ("twice the same URI", uris(&[id, id]), malformed.clone()),
        ("no SPIFFE ID", uris(&["URI:https://acme.example/web"]), malformed.clone()),
        ("an ID without path", uris(&["URI:spiffe://acme.example"]), malformed.clone()),
        ("an ID with a way up", uris(&["URI:spiffe://acme.example/a/../b"]), malformed),
        ("another trust domain", uris(&["URI:spiffe://other.example/ns/web"]), Err(Reason::Issuer)),
        (
            "for servers only",
            adjusted(&|params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }),
            path.clone(),
        ),
        ("that may sign certificates", adjusted(&|params| params.key_usages.push(KeyCertSign)), path.clone()),
        ("that may sign lists", adjusted(&|params| params.key_usages.push(CrlSign)), path.clone()),
        ("that may not sign", adjusted(&|params| params.key_usages = vec![KeyEncipherment]), path.clone()),
        ("without key usage", adjusted(&|params| params.key_usages.clear()), path.clone()),
        (
            "an authority",
            adjusted(&|params| {
                *params = domain_ca(&["spiffe://acme.example/ns/web"]);
                params.key_usages.push(DigitalSignature);
            }),
            path.clone(),
        ),
        ("expired", adjusted(&|params| params.not_after = date_time_ymd(2026, 2, 1)), Err(Reason::Expired)),
        ("of an authority that is not in the bundle", vec![Ca::new("ca").leaf(web()).der], path.clone()),
        ("over an authority of another domain", over(&foreign), path.clone()),
        ("over an authority with a path", over(&pathed), path.clone()),
        ("without its intermediate", vec![middle.leaf(web()).der], path),
    ];
    for (what, chain, expected) in rows {
        assert_eq!(judge(&ca, &chain), expected, "{what}");
    }
}

#[test]
fn ids_are_well_formed() {
    let id = SpiffeId::parse("spiffe://acme.example/ns/web").unwrap();
    assert_eq!((id.trust_domain(), id.path()), ("acme.example", "/ns/web"));
    assert_eq!(SpiffeId::parse("spiffe://acme").unwrap().path(), "");
    let long = format!("spiffe://acme/{}", "a".repeat(2048));
    for wrong in [
        "",
        "acme/web",
        "SPIFFE://acme/web",
        "spiffe:/acme",
        "spiffe://",
        "spiffe:///web",
        "spiffe://Acme/web",
        "spiffe://acme:80/web",
        "spiffe://a@acme/web",
        "spiffe://acme/",
        "spiffe://acme/web/",
        "spiffe://acme//web",
        "spiffe://acme/./web",
        "spiffe://acme/../web",
        "spiffe://acme/we b",
        "spiffe://acme/w%65b",
        "spiffe://acme/web?a",
        "spiffe://acme/web#a",
        "spiffe://acme/wéb",
        &long,
    ] {
        assert!(SpiffeId::parse(wrong).is_err(), "{wrong}");
    }
    assert!(is_trust_domain(&"a".repeat(255)) && !is_trust_domain(&"a".repeat(256)));
}

#[test]
fn bundles_are_read_strictly() {
    let ca = Ca::new("ca");
    assert_eq!(authorities_of_bundle(&bundle(&[&ca])).unwrap().iter().count(), 1);
    let entry = |x5c: serde_json::Value| json!({ "keys": [{ "use": "x509-svid", "x5c": x5c }] }).to_string();
    let text = BASE64_STANDARD.encode(ca.der());
    let leaf = BASE64_STANDARD.encode(ca.leaf(client("web")).der);
    for wrong in [
        "no json".to_owned(),
        "{}".to_owned(),
        bundle(&[]),
        entry(json!([])),
        entry(json!([text, text])),
        entry(json!(["?"])),
        entry(json!([leaf])),
    ] {
        assert!(authorities_of_bundle(&wrong).is_err(), "{wrong}");
    }
}
