//! Bundle endpoints that show an SVID: who is believed, and for how long.
#![allow(clippy::unwrap_used)]

mod endpoint;
mod trees;

use std::sync::Arc;

use endpoint::{Endpoint, ID, bundle, domain_ca, lasting, svid};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, date_time_ymd};
use serde_json::{Value, json};
use trees::{Ca, Leaf, authority, key, named};
use vouchsafe_api::auth_spiffe::SpiffeAuthInput;
use vouchsafe_attest::jose::{Memory, ProcessMemory, Remembering};
use vouchsafe_attest::net::{Call, NetError, Outbound, Peer, Trust};
use vouchsafe_attest::spiffe::{SpiffeAuth, SpiffeId, refresh_bundle};
use vouchsafe_attest::{Endpoints, Issue, Method, Reason, Refusal, Workshop};
use vouchsafe_domain::id::IdentityId;
use vouchsafe_domain::time::Timestamp;

type Config = <SpiffeAuth as Method>::Config;

const NOW: Timestamp = Timestamp::from_millis(1_795_478_400_000);

fn workshop(memory: Arc<dyn Memory>) -> Workshop {
    Workshop::new(vec!["127.0.0.0/8".parse().unwrap()], Endpoints::default()).remembering(memory)
}

fn configure(distribution: &Value) -> Result<Config, Issue> {
    let input = json!({
        "trustDomain": "acme.example", "allowedSpiffeIds": "spiffe://acme.example/**",
        "allowedAudiences": "vouchsafe", "trustBundleDistribution": distribution,
    });
    let input: SpiffeAuthInput = serde_json::from_value(input).unwrap();
    SpiffeAuth::configure(None, input)
}

fn by_svid(url: &str, first: &str) -> Value {
    json!({
        "profile": "https_spiffe_bundle", "endpointUrl": url, "endpointSpiffeId": ID, "bundle": first,
    })
}

async fn fetch(workshop: &Workshop, config: &Config) -> Result<(), Refusal> {
    let context = workshop.context(NOW, IdentityId::from_uuid(uuid::Uuid::nil()), None);
    refresh_bundle(&context, config).await
}

/// Whether the bundle of an endpoint that shows this is taken; else why not.
async fn shown(ca: &Ca, chain: Vec<Vec<u8>>, leaf: &Leaf) -> Result<(), String> {
    let first = bundle(&[ca], &[]);
    let endpoint = Endpoint::start(chain, &leaf.key, &first);
    let config = configure(&by_svid(&endpoint.url, &first)).unwrap();
    let fetched = fetch(&workshop(Arc::<ProcessMemory>::default()), &config).await;
    assert_eq!(endpoint.asked(), usize::from(fetched.is_ok()), "nothing is sent before the SVID is checked");
    fetched.map_err(|refusal| {
        assert_eq!(refusal.reason, Reason::Unreachable);
        refusal.why
    })
}

#[tokio::test]
async fn an_endpoint_is_believed_by_its_svid_alone() {
    let ca = domain_ca();
    let alone = async |params: CertificateParams| {
        let leaf = ca.leaf(params);
        shown(&ca, vec![leaf.der.clone()], &leaf).await
    };
    let adjusted = |adjust: &dyn Fn(&mut CertificateParams)| {
        let mut params = svid();
        adjust(&mut params);
        params
    };
    let purposes = |purposes: &[ExtendedKeyUsagePurpose]| {
        adjusted(&|params| params.extended_key_usages = purposes.to_vec())
    };
    assert_eq!(alone(svid()).await, Ok(()));
    assert_eq!(alone(purposes(&[ExtendedKeyUsagePurpose::ServerAuth])).await, Ok(()));
    assert_eq!(alone(purposes(&[])).await, Ok(()));
    let called = |names: &[&str]| {
        adjusted(&|params| params.subject_alt_names = named("spire", names).subject_alt_names)
    };
    for (what, params, why) in [
        ("another workload", called(&["URI:spiffe://acme.example/web"]), "expected"),
        ("the id below it", called(&[&format!("URI:{ID}/x")]), "expected"),
        ("another domain", called(&["URI:spiffe://other.example/spire/server"]), "trust domain"),
        ("the domain itself", called(&["URI:spiffe://acme.example"]), "no path"),
        ("a certificate of the web", called(&["IP:127.0.0.1"]), "0 URIs"),
        ("two ids", called(&[&format!("URI:{ID}"), "URI:spiffe://acme.example/b"]), "2 URIs"),
        ("expired", adjusted(&|params| params.not_after = date_time_ymd(2001, 1, 1)), "expired"),
        ("not valid yet", adjusted(&|params| params.not_before = date_time_ymd(2199, 1, 1)), "not valid yet"),
        ("for clients only", purposes(&[ExtendedKeyUsagePurpose::ClientAuth]), "extended key usage"),
        ("without key usage", adjusted(&|params| params.key_usages.clear()), "no key usage"),
    ] {
        let refused = alone(params).await.unwrap_err();
        assert!(refused.contains(why), "{what}: {refused}");
    }
}

#[tokio::test]
async fn the_path_and_the_key_of_an_endpoint_count() {
    let ca = domain_ca();
    let middle = ca.below(lasting(authority("middle")));
    let leaf = middle.leaf(svid());
    assert_eq!(shown(&ca, vec![leaf.der.clone(), middle.der()], &leaf).await, Ok(()));
    assert!(shown(&ca, vec![leaf.der.clone()], &leaf).await.is_err(), "without the intermediate");
    // Same name, another key.
    let other = domain_ca().leaf(svid());
    let refused = shown(&ca, vec![other.der.clone()], &other).await.unwrap_err();
    assert!(refused.contains("no trusted TLS connection"), "{refused}");
    // Somebody else's certificate is of no use without its key.
    let (good, thief) = (ca.leaf(svid()), ca.leaf_with(svid(), key()));
    assert!(shown(&ca, vec![good.der.clone()], &thief).await.is_err());
    assert_eq!(shown(&ca, vec![good.der.clone()], &good).await, Ok(()));
}

#[tokio::test]
async fn the_latest_bundle_vouches_for_the_next_and_the_first_no_more() {
    let (one, two, three) = (domain_ca(), domain_ca(), domain_ca());
    let [by_one, by_two, by_three] = [&one, &two, &three].map(|ca| ca.leaf(svid()));
    let first = bundle(&[&one], &[]);
    let endpoint = Endpoint::start(vec![by_one.der.clone()], &by_one.key, &bundle(&[&one, &two], &[]));
    let config = configure(&by_svid(&endpoint.url, &first)).unwrap();
    let memory: Arc<dyn Memory> = Arc::<ProcessMemory>::default();
    let here = workshop(Arc::clone(&memory));
    let show = |leaf: &Leaf, bundle: &str| endpoint.becomes(vec![leaf.der.clone()], &leaf.key, bundle);

    // What the first bundle does not know yet is not believed.
    show(&by_two, &first);
    assert!(fetch(&here, &config).await.is_err());
    show(&by_one, &bundle(&[&one, &two], &[]));
    assert_eq!(fetch(&here, &config).await, Ok(()));
    show(&by_two, &bundle(&[&two, &three], &[]));
    assert_eq!(fetch(&here, &config).await, Ok(()));
    // The first authority is withdrawn, though it is the one that was written down.
    show(&by_one, &first);
    assert!(fetch(&here, &config).await.is_err());
    show(&by_three, &bundle(&[&three], &[]));
    assert_eq!(fetch(&here, &config).await, Ok(()));

    // After a restart the memory counts, not what was written down.
    let restarted = workshop(Arc::clone(&memory));
    assert_eq!(fetch(&restarted, &config).await, Ok(()));
    show(&by_one, &first);
    assert!(fetch(&restarted, &config).await.is_err());
    // Who has no memory has only what was written down.
    show(&by_three, &bundle(&[&three], &[]));
    assert!(fetch(&workshop(Arc::<ProcessMemory>::default()), &config).await.is_err());
    // A new first bundle begins anew.
    let anew = configure(&by_svid(&endpoint.url, &bundle(&[&three], &[]))).unwrap();
    assert_eq!(fetch(&workshop(memory), &anew).await, Ok(()));
}

#[tokio::test]
async fn a_bundle_that_could_vouch_for_nobody_is_not_taken() {
    let ca = domain_ca();
    let leaf = ca.leaf(svid());
    let first = bundle(&[&ca], &[]);
    let endpoint = Endpoint::start(vec![leaf.der.clone()], &leaf.key, "");
    let config = configure(&by_svid(&endpoint.url, &first)).unwrap();
    let here = workshop(Arc::<ProcessMemory>::default());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    for wrong in ["", "{}", &bundle(&[], &[]), &bundle(&[], &[jwk]), &"x".repeat(2 * 1024 * 1024)] {
        endpoint.becomes(vec![leaf.der.clone()], &leaf.key, wrong);
        let refused = fetch(&here, &config).await.unwrap_err();
        assert_eq!(refused.reason, Reason::ProviderAnswer, "{refused:?}");
    }
    endpoint.becomes(vec![leaf.der.clone()], &leaf.key, &first);
    assert_eq!(fetch(&here, &config).await, Ok(()), "who vouched before still does");
}

/// A memory that has gone.
struct Gone;

impl Memory for Gone {
    fn recall<'a>(&'a self, _: &'a str) -> Remembering<'a, Option<String>> {
        Box::pin(async { Err(Refusal::new(Reason::Unreachable, "gone")) })
    }

    fn keep<'a>(&'a self, _: &'a str, _: &'a str, _: Timestamp) -> Remembering<'a, ()> {
        Box::pin(async { Err(Refusal::new(Reason::Unreachable, "gone")) })
    }
}

#[tokio::test]
async fn without_a_memory_nobody_is_asked() {
    let ca = domain_ca();
    let leaf = ca.leaf(svid());
    let first = bundle(&[&ca], &[]);
    let endpoint = Endpoint::start(vec![leaf.der.clone()], &leaf.key, &first);
    let config = configure(&by_svid(&endpoint.url, &first)).unwrap();
    assert_eq!(fetch(&workshop(Arc::new(Gone)), &config).await.unwrap_err().why, "gone");
    assert_eq!(endpoint.asked(), 0);
}

#[tokio::test]
async fn configurations_that_could_not_be_used_are_refused() {
    let first = bundle(&[&domain_ca()], &[]);
    let good = by_svid("https://spire.example.com/bundle", &first);
    configure(&good).unwrap();
    for (field, value) in [
        ("endpointUrl", json!("http://spire.example.com/bundle")),
        ("endpointUrl", json!("spire")),
        ("endpointUrl", Value::Null),
        ("endpointSpiffeId", Value::Null),
        ("endpointSpiffeId", json!("spire")),
        ("endpointSpiffeId", json!("spiffe://acme.example")),
        ("endpointSpiffeId", json!("spiffe://other.example/spire/server")),
        ("bundle", Value::Null),
        ("bundle", json!("{}")),
        ("bundle", json!(bundle(&[], &[]))),
        ("bundle", json!(format!("{first}{}", " ".repeat(256 * 1024)))),
        ("refreshHintSeconds", json!(-1)),
    ] {
        let mut wrong = good.clone();
        wrong[field] = value;
        let issue = configure(&wrong).err().unwrap();
        assert_eq!(issue.field, format!("trustBundleDistribution.{field}"));
    }
    // Even where calls without TLS are allowed.
    let peer = Peer::new(SpiffeId::parse(ID).unwrap(), &first).unwrap();
    let url = "http://127.0.0.1:1/bundle".parse().unwrap();
    let outbound = Outbound::new(vec!["127.0.0.0/8".parse().unwrap()]);
    let refused = outbound.call(Call::get(url, Trust::Svid(Arc::new(peer)))).await.unwrap_err();
    assert_eq!(refused, NetError::NoSvid("127.0.0.1:1".to_owned()));
}
