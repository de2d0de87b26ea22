//! Key sets of issuers that are asked by many, change their keys, fail, or lie.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vouchsafe_attest::jose::{
    FRESH, INTERVAL, KeySet, KeySets, PATIENCE, Refresh, STALE, SetAddress, UnverifiedJwt,
};
use vouchsafe_attest::net::{Outbound, SIZE_LIMIT, TIME_LIMIT, Trust};
use vouchsafe_attest::{Reason, Refusal};
use vouchsafe_domain::time::Timestamp;

const NOW: i64 = 1_795_478_400;
const DISCOVERY: &str = "/.well-known/openid-configuration";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis((NOW + seconds) * 1000)
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A new key with this id.
fn jwk(id: &str) -> Value {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    json!({ "kty": "EC", "crv": "P-256", "kid": id, "x": b64(x), "y": b64(y) })
}

fn set_of(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// A token that names this key. Looking keys up asks for its header alone.
fn token(id: &str) -> UnverifiedJwt {
    let header = json!({ "alg": "ES256", "kid": id }).to_string();
    let text = format!("{}.{}.{}", b64(header), b64(r#"{"sub":"a"}"#), b64([1; 64]));
    UnverifiedJwt::parse(&text).map_err(Refusal::from).unwrap()
}

/// What an issuer answers at one path.
#[derive(Clone)]
struct Page {
    status: u16,
    kind: &'static str,
    location: Option<&'static str>,
    body: String,
    /// How long it takes.
    after: Duration,
}

impl Page {
    fn json(body: impl Into<String>) -> Self {
        Self {
            status: 200,
            kind: "application/json",
            location: None,
            body: body.into(),
            after: Duration::ZERO,
        }
    }

    /// No answer as long as anybody waits.
    fn never() -> Self {
        Self { after: Duration::from_hours(24), ..Self::json("") }
    }

    fn status(status: u16, body: impl Into<String>) -> Self {
        Self { status, ..Self::json(body) }
    }

    fn redirect(status: u16, location: &'static str) -> Self {
        Self { location: Some(location), ..Self::status(status, "") }
    }
}

/// An issuer on loopback. It counts how often it is asked.
#[derive(Default)]
struct Issuer {
    pages: Mutex<HashMap<String, Page>>,
    asked: AtomicUsize,
}

impl Issuer {
    async fn start() -> (Arc<Self>, String) {
        Self::start_at("127.0.0.1").await
    }

    async fn start_at(address: &str) -> (Arc<Self>, String) {
        let issuer = Arc::new(Self::default());
        let listener = tokio::net::TcpListener::bind((address, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&issuer));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (issuer, url)
    }

    fn serve(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn answer(State(issuer): State<Arc<Issuer>>, uri: Uri) -> Response {
    issuer.asked.fetch_add(1, Ordering::SeqCst);
    let page = issuer.pages.lock().unwrap().get(uri.path()).cloned();
    let Some(page) = page else { return StatusCode::NOT_FOUND.into_response() };
    if !page.after.is_zero() {
        tokio::time::sleep(page.after).await;
    }
    let status = StatusCode::from_u16(page.status).unwrap();
    let kind = [(header::CONTENT_TYPE, page.kind)];
    match page.location {
        Some(location) => (status, kind, [(header::LOCATION, location)], page.body).into_response(),
        None => (status, kind, page.body).into_response(),
    }
}

/// Key sets, the way out, and where one issuer's keys are.
struct Kept {
    sets: KeySets,
    outbound: Outbound,
    address: SetAddress,
}

impl Kept {
    fn new(address: SetAddress) -> Self {
        Self::allowing("127.0.0.1/32", address)
    }

    fn allowing(network: &str, address: SetAddress) -> Self {
        let outbound = Outbound::new(vec![network.parse().unwrap()]);
        Self { sets: KeySets::default(), outbound, address }
    }

    fn jwks(url: &str) -> Self {
        Self::new(SetAddress::Jwks(format!("{url}/keys").parse().unwrap()))
    }

    fn discovery(url: &str, issuer: Option<&str>) -> Self {
        let address = SetAddress::discovery(&url.parse().unwrap(), issuer.map(str::to_owned));
        Self::new(address.unwrap())
    }

    /// The keys for a token that names this one, at a time.
    async fn ask(&self, id: &str, seconds: i64) -> Result<Arc<KeySet>, Refusal> {
        let (refresh, token) = (Refresh::default(), token(id));
        self.sets.for_token(&self.outbound, &self.address, &Trust::Public, refresh, &token, at(seconds)).await
    }

    /// Whether the key that a token names is had at a time, or why there are no keys at all.
    async fn knows(&self, id: &str, seconds: i64) -> Result<bool, Reason> {
        let set = self.ask(id, seconds).await.map_err(|refusal| refusal.reason)?;
        Ok(token(id).has_key_in(&set))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_at_once_make_one_fetch() {
    let (issuer, url) = Issuer::start().await;
    issuer.serve("/keys", Page::json(set_of(&[jwk("a")])));
    let kept = Arc::new(Kept::jwks(&url));
    let asking: Vec<_> = (0..1_000)
        .map(|number| {
            let kept = Arc::clone(&kept);
            // Half of them name keys that nobody has.
            let id = if number % 2 == 0 { "a".to_owned() } else { format!("unknown-{number}") };
            tokio::spawn(async move { (number % 2 == 0, kept.knows(&id, 0).await) })
        })
        .collect();
    for one in asking {
        let (is_known, found) = one.await.unwrap();
        assert_eq!(found, Ok(is_known));
    }
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn unknown_keys_are_asked_for_once_in_an_interval() {
    let (issuer, url) = Issuer::start().await;
    issuer.serve("/keys", Page::json(set_of(&[jwk("a")])));
    let kept = Kept::jwks(&url);
    // Every second for ten intervals, another key that the issuer does not have.
    for second in 0..10 * INTERVAL {
        assert_eq!(kept.knows(&format!("unknown-{second}"), second).await, Ok(false));
        let most = usize::try_from(second / INTERVAL).unwrap() + 1;
        assert_eq!(issuer.asked(), most, "after {second} s");
    }
    // What is known is answered meanwhile, and asks nobody.
    let before = issuer.asked();
    assert_eq!(kept.knows("a", 10 * INTERVAL - 1).await, Ok(true));
    assert_eq!(issuer.asked(), before);
}

#[tokio::test]
async fn known_keys_are_fetched_anew_when_they_are_not_fresh() {
    let (issuer, url) = Issuer::start().await;
    issuer.serve("/keys", Page::json(set_of(&[jwk("a")])));
    let kept = Kept::jwks(&url);
    for (seconds, asked) in [(0, 1), (1, 1), (FRESH - 1, 1), (FRESH, 2), (2 * FRESH - 1, 2), (2 * FRESH, 3)] {
        assert_eq!(kept.knows("a", seconds).await, Ok(true));
        assert_eq!(issuer.asked(), asked, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_new_key_is_found_after_the_interval_and_the_old_one_is_gone() {
    let (issuer, url) = Issuer::start().await;
    issuer.serve("/keys", Page::json(set_of(&[jwk("old")])));
    let kept = Kept::jwks(&url);
    assert_eq!(kept.knows("old", 0).await, Ok(true));
    issuer.serve("/keys", Page::json(set_of(&[jwk("new")])));
    assert_eq!(kept.knows("new", INTERVAL - 1).await, Ok(false));
    assert_eq!(kept.knows("old", INTERVAL - 1).await, Ok(true), "nobody has fetched since");
    assert_eq!(issuer.asked(), 1);
    assert_eq!(kept.knows("new", INTERVAL).await, Ok(true));
    assert_eq!(issuer.asked(), 2);
    assert_eq!(kept.knows("old", INTERVAL).await, Ok(false));
    assert_eq!(kept.knows("old", 2 * INTERVAL).await, Ok(false), "not after another fetch either");
    assert_eq!(issuer.asked(), 3);
}

#[tokio::test]
async fn a_withdrawn_key_is_gone_when_the_set_is_not_fresh() {
    let (issuer, url) = Issuer::start().await;
    issuer.serve("/keys", Page::json(set_of(&[jwk("stolen"), jwk("b")])));
    let kept = Kept::jwks(&url);
    assert_eq!(kept.knows("stolen", 0).await, Ok(true));
    issuer.serve("/keys", Page::json(set_of(&[jwk("b")])));
    assert_eq!(kept.knows("stolen", FRESH - 1).await, Ok(true));
    assert_eq!(kept.knows("stolen", FRESH).await, Ok(false));
    assert_eq!(kept.knows("b", FRESH).await, Ok(true));
}

/// Every way in which an issuer fails that had keys before: they are used until they are stale, then nothing is.
#[tokio::test]
async fn old_keys_are_used_until_stale_and_then_no_more() {
    for (what, page, reason) in [
        ("status 500", Page::status(500, "{}"), Reason::ProviderAnswer),
        ("HTML", Page { kind: "text/html", ..Page::json("<html>") }, Reason::ProviderAnswer),
        ("no keys", Page::json(set_of(&[])), Reason::ProviderAnswer),
        ("2 MB", Page::json(" ".repeat(2 * 1024 * 1024)), Reason::ProviderAnswer),
    ] {
        let (issuer, url) = Issuer::start().await;
        issuer.serve("/keys", Page::json(set_of(&[jwk("a")])));
        let kept = Kept::jwks(&url);
        assert_eq!(kept.knows("a", 0).await, Ok(true), "{what}");
        issuer.serve("/keys", page);
        for seconds in [FRESH, FRESH + INTERVAL, STALE - 1] {
            assert_eq!(kept.knows("a", seconds).await, Ok(true), "{what}, {seconds} s");
        }
        assert_eq!(issuer.asked(), 4, "{what}");
        for seconds in [STALE, STALE + INTERVAL, 2 * STALE, 100 * STALE] {
            assert_eq!(kept.knows("a", seconds).await, Err(reason), "{what}, {seconds} s");
        }
        // The fetch that failed a second before the keys were stale counts for its interval.
        assert_eq!(issuer.asked(), 7, "{what}");
        issuer.serve("/keys", Page::json(set_of(&[jwk("b")])));
        assert_eq!(kept.knows("b", 100 * STALE + INTERVAL - 1).await, Err(reason), "{what}: too early");
        assert_eq!(kept.knows("b", 100 * STALE + INTERVAL).await, Ok(true), "{what}: it is well again");
        assert_eq!(kept.knows("a", 100 * STALE + INTERVAL).await, Ok(false), "{what}: the old key is gone");
    }
}

#[tokio::test]
async fn an_issuer_that_is_down_is_waited_for_and_comes_back() {
    // A port that nothing listens on.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    drop(listener);
    let kept = Kept::jwks(&format!("http://{place}"));
    assert_eq!(kept.knows("a", 0).await, Err(Reason::Unreachable));
    let issuer = Arc::new(Issuer::default());
    issuer.serve("/keys", Page::json(set_of(&[jwk("a")])));
    let listener = tokio::net::TcpListener::bind(place).await.unwrap();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&issuer));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let until = async { stopped.await.unwrap() };
        axum::serve(listener, router).with_graceful_shutdown(until).await.unwrap();
    });
    assert_eq!(kept.knows("a", INTERVAL - 1).await, Err(Reason::Unreachable), "it was just tried");
    assert_eq!(issuer.asked(), 0);
    assert_eq!(kept.knows("a", INTERVAL).await, Ok(true));
    stop.send(()).unwrap();
    serving.await.unwrap();
    assert_eq!(kept.knows("a", INTERVAL + STALE - 1).await, Ok(true), "kept keys are used");
    assert_eq!(kept.knows("a", INTERVAL + STALE).await, Err(Reason::Unreachable));
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn answers_that_are_no_keys_are_refused() {
    let secret = json!({ "kty": "oct", "kid": "a", "k": b64([7; 32]) });
    for (what, page) in [
        ("HTML", Page { kind: "text/html", ..Page::json("<html><body>Sign in</body></html>") }),
        ("HTML as JSON", Page::json("<html></html>")),
        ("2 MB", Page::json(format!("{}{}", set_of(&[jwk("a")]), " ".repeat(2 * 1024 * 1024)))),
        ("only shared secrets", Page::json(set_of(&[secret]))),
        ("only keys for encryption", {
            let mut key = jwk("a");
            key["use"] = json!("enc");
            Page::json(set_of(&[key]))
        }),
        ("no keys", Page::json(set_of(&[]))),
        ("nothing", Page::json("")),
        ("half a document", Page::json(set_of(&[jwk("a")]).split_at(40).0)),
        ("status 500 with keys", Page::status(500, set_of(&[jwk("a")]))),
        ("status 404 with keys", Page::status(404, set_of(&[jwk("a")]))),
        ("status 203 with keys", Page::status(203, set_of(&[jwk("a")]))),
    ] {
        let (issuer, url) = Issuer::start().await;
        issuer.serve("/keys", page);
        let kept = Kept::jwks(&url);
        let refused = kept.ask("a", 0).await.unwrap_err();
        assert_eq!(refused.reason, Reason::ProviderAnswer, "{what}");
        assert!(refused.why.len() <= 500 && !refused.why.contains("Sign in"), "{what}: {}", refused.why);
        assert_eq!(issuer.asked(), 1, "{what}");
    }
}

#[tokio::test]
async fn the_largest_answer_is_read_and_a_byte_more_is_not() {
    let keys = set_of(&[jwk("a")]);
    for (size, expected) in [(SIZE_LIMIT, Ok(true)), (SIZE_LIMIT + 1, Err(Reason::ProviderAnswer))] {
        let (issuer, url) = Issuer::start().await;
        issuer.serve("/keys", Page::json(format!("{keys}{}", " ".repeat(size - keys.len()))));
        assert_eq!(Kept::jwks(&url).knows("a", 0).await, expected, "{size} bytes");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        for location in ["http://169.254.169.254/", "/elsewhere"] {
            let (issuer, url) = Issuer::start().await;
            issuer.serve("/keys", Page::redirect(status, location));
            issuer.serve("/elsewhere", Page::json(set_of(&[jwk("a")])));
            let refused = Kept::jwks(&url).knows("a", 0).await;
            assert_eq!(refused, Err(Reason::ProviderAnswer), "{status} to {location}");
            assert_eq!(issuer.asked(), 1, "{status} to {location}");
        }
    }
}

#[tokio::test]
async fn a_discovery_document_has_to_name_the_issuer() {
    let (issuer, url) = Issuer::start().await;
    issuer.serve("/keys", Page::json(set_of(&[jwk("a")])));
    let name = |name: &str| {
        let document = json!({ "issuer": name, "jwks_uri": format!("{url}/keys") });
        issuer.serve(DISCOVERY, Page::json(document.to_string()));
    };
    name(&url);
    assert_eq!(Kept::discovery(&url, Some(&url)).knows("a", 0).await, Ok(true));
    assert_eq!(issuer.asked(), 2, "the document and the keys");
    let slash = format!("{url}/");
    let upper = url.replace("http", "HTTP");
    for other in ["https://other.example", slash.as_str(), upper.as_str(), ""] {
        name(other);
        let before = issuer.asked();
        let refused = Kept::discovery(&url, Some(&url)).knows("a", 0).await;
        assert_eq!(refused, Err(Reason::Issuer), "{other}");
        assert_eq!(issuer.asked(), before + 1, "{other}: its keys are not asked for");
    }
    name("https://other.example");
    assert_eq!(Kept::discovery(&url, None).knows("a", 0).await, Ok(true), "no issuer is expected");
}

#[tokio::test]
async fn a_discovery_document_that_is_none_is_refused() {
    let (issuer, url) = Issuer::start().await;
    for (what, page) in [
        ("HTML", Page { kind: "text/html", ..Page::json("<html>") }),
        ("no issuer", Page::json(json!({ "jwks_uri": format!("{url}/keys") }).to_string())),
        ("no jwks_uri", Page::json(json!({ "issuer": url }).to_string())),
        ("a jwks_uri that is no URL", Page::json(json!({ "issuer": url, "jwks_uri": "/keys" }).to_string())),
        ("2 MB", Page::json(" ".repeat(2 * 1024 * 1024))),
        ("status 500", Page::status(500, "{}")),
        ("a redirect", Page::redirect(302, "/keys")),
    ] {
        issuer.serve(DISCOVERY, page);
        let before = issuer.asked();
        let refused = Kept::discovery(&url, Some(&url)).knows("a", 0).await;
        assert_eq!(refused, Err(Reason::ProviderAnswer), "{what}");
        assert_eq!(issuer.asked(), before + 1, "{what}");
    }
}

/// Only 127.0.0.1 is allowed. A discovery document there may not send anybody to other private addresses, nor to
/// public ones without TLS.
#[tokio::test]
async fn a_discovery_document_does_not_lead_to_addresses_that_are_not_allowed() {
    let (issuer, url) = Issuer::start().await;
    // It would answer on all of 127.0.0.0/8 if anybody called.
    let other = tokio::net::TcpListener::bind("127.0.0.2:0").await.unwrap();
    let beside = format!("http://{}/keys", other.local_addr().unwrap());
    let trap = Arc::new(Issuer::default());
    trap.serve("/keys", Page::json(set_of(&[jwk("a")])));
    let router = Router::new().fallback(answer).with_state(Arc::clone(&trap));
    tokio::spawn(async move { axum::serve(other, router).await.unwrap() });
    let lead = |to: &str| {
        let document = json!({ "issuer": url, "jwks_uri": to });
        issuer.serve(DISCOVERY, Page::json(document.to_string()));
    };
    for (to, reason) in [
        (beside.as_str(), Reason::Blocked),
        ("http://169.254.169.254/latest/meta-data/", Reason::Blocked),
        ("https://169.254.169.254/keys", Reason::Blocked),
        ("https://10.0.0.1/keys", Reason::Blocked),
        ("https://[::1]/keys", Reason::Blocked),
        ("https://[::ffff:10.0.0.1]/keys", Reason::Blocked),
        ("https://2130706434/keys", Reason::Blocked),
        ("http://8.8.8.8/keys", Reason::Blocked),
        ("file:///etc/passwd", Reason::Configuration),
        ("https://user:secret@127.0.0.1/keys", Reason::Configuration),
    ] {
        lead(to);
        let before = issuer.asked();
        let refused = Kept::discovery(&url, Some(&url)).ask("a", 0).await.unwrap_err();
        assert_eq!(refused.reason, reason, "{to}");
        assert!(!refused.why.contains("secret"), "{to}: {}", refused.why);
        assert_eq!(issuer.asked(), before + 1, "{to}");
    }
    assert_eq!(trap.asked(), 0);
    // The trap works: who allows its network gets its keys.
    lead(&beside);
    let address = SetAddress::discovery(&url.parse().unwrap(), Some(url.clone())).unwrap();
    assert_eq!(Kept::allowing("127.0.0.0/8", address).knows("a", 0).await, Ok(true));
    assert_eq!(trap.asked(), 1);
}

#[tokio::test]
async fn one_issuer_that_fails_does_not_disturb_another() {
    let (good, good_url) = Issuer::start().await;
    let (bad, bad_url) = Issuer::start().await;
    good.serve("/keys", Page::json(set_of(&[jwk("a")])));
    bad.serve("/keys", Page::status(500, ""));
    let mut kept = Kept::jwks(&bad_url);
    assert_eq!(kept.knows("a", 0).await, Err(Reason::ProviderAnswer));
    kept.address = SetAddress::Jwks(format!("{good_url}/keys").parse().unwrap());
    assert_eq!(kept.knows("a", 0).await, Ok(true));
    assert_eq!((good.asked(), bad.asked()), (1, 1));
}

/// How long something takes, in whole seconds, by the clock that [`tokio::time::pause`] stopped: it moves only when everybody
/// waits.
async fn waited<T>(what: impl Future<Output = T>) -> (T, Duration) {
    let before = tokio::time::Instant::now();
    let result = what.await;
    (result, Duration::from_secs(before.elapsed().as_secs()))
}

#[tokio::test]
async fn an_issuer_that_hangs_holds_up_nobody_whose_key_is_known() {
    let (issuer, url) = Issuer::start().await;
    issuer.serve("/keys", Page::json(set_of(&[jwk("a")])));
    let kept = Arc::new(Kept::jwks(&url));
    assert_eq!(kept.knows("a", 0).await, Ok(true));
    issuer.serve("/keys", Page::never());
    tokio::time::pause();
    // Who comes first is patient, and those beside it; all others go on.
    let ours = Arc::clone(&kept);
    let beside = tokio::spawn(async move { waited(ours.knows("a", FRESH)).await });
    assert_eq!(waited(kept.knows("a", FRESH)).await, (Ok(true), PATIENCE));
    assert_eq!(beside.await.unwrap(), (Ok(true), PATIENCE));
    for _ in 0..100 {
        assert_eq!(waited(kept.knows("a", FRESH + 1)).await, (Ok(true), Duration::ZERO));
    }
    assert_eq!(issuer.asked(), 2);
    // Whose key is unknown waits for what the fetch brings, and not for ever.
    let (found, wait) = waited(kept.knows("b", FRESH + 1)).await;
    assert!(found == Ok(false) && wait <= TIME_LIMIT, "{wait:?}");
    assert_eq!(waited(kept.knows("b", FRESH + 1)).await, (Ok(false), Duration::ZERO), "once in an interval");
    assert_eq!(issuer.asked(), 2);
    // An issuer that was slow before is not waited for at all, but asked.
    assert_eq!(waited(kept.knows("a", FRESH + INTERVAL)).await, (Ok(true), Duration::ZERO));
    let (found, wait) = waited(kept.knows("b", FRESH + INTERVAL)).await;
    assert!(found == Ok(false) && wait <= TIME_LIMIT, "{wait:?}");
    assert_eq!(issuer.asked(), 3);
    // Keys that are too old are not used, whatever the issuer does.
    assert_eq!(kept.knows("a", STALE + INTERVAL).await, Err(Reason::Unreachable));
    // Once it is well again, it is waited for again.
    tokio::time::resume();
    issuer.serve("/keys", Page::json(set_of(&[jwk("b")])));
    assert_eq!(kept.knows("b", STALE + 2 * INTERVAL).await, Ok(true));
    issuer.serve("/keys", Page::json(set_of(&[jwk("c")])));
    assert_eq!(kept.knows("b", STALE + 2 * INTERVAL + FRESH).await, Ok(false));
    assert_eq!(issuer.asked(), 6);
}

#[tokio::test]
async fn all_documents_together_have_one_time_limit() {
    let (issuer, url) = Issuer::start().await;
    let document = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") }).to_string();
    issuer.serve(DISCOVERY, Page { after: TIME_LIMIT * 2 / 3, ..Page::json(document) });
    issuer.serve("/keys", Page { after: TIME_LIMIT * 2 / 3, ..Page::json(set_of(&[jwk("a")])) });
    let kept = Kept::discovery(&url, Some(&url));
    tokio::time::pause();
    assert_eq!(waited(kept.knows("a", 0)).await, (Err(Reason::Unreachable), TIME_LIMIT));
    assert_eq!(issuer.asked(), 2);
}

/// The real resolver is asked: `localhost` is private, and no network that is allowed.
#[tokio::test]
async fn a_discovery_document_does_not_lead_to_a_name_with_a_private_address() {
    let (trap, trap_url) = Issuer::start().await;
    trap.serve("/keys", Page::json(set_of(&[jwk("a")])));
    let by_name = trap_url.replace("127.0.0.1", "localhost");
    let (issuer, url) = Issuer::start_at("127.0.0.2").await;
    let address = || SetAddress::discovery(&url.parse().unwrap(), Some(url.clone())).unwrap();
    for keys in [format!("{by_name}/keys"), format!("{}/keys", by_name.replace("http", "https"))] {
        issuer.serve(DISCOVERY, Page::json(json!({ "issuer": url, "jwks_uri": keys }).to_string()));
        let before = issuer.asked();
        let refused = Kept::allowing("127.0.0.2/32", address()).knows("a", 0).await;
        assert_eq!((refused, issuer.asked()), (Err(Reason::Blocked), before + 1), "{keys}");
    }
    assert_eq!(trap.asked(), 0);
    // The trap works: who allows what the name resolves to gets its keys.
    let keys = format!("{by_name}/keys");
    issuer.serve(DISCOVERY, Page::json(json!({ "issuer": url, "jwks_uri": keys }).to_string()));
    let mut open = Kept::allowing("127.0.0.0/8", address());
    open.outbound = Outbound::new(vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    assert_eq!(open.knows("a", 0).await, Ok(true));
    assert_eq!(trap.asked(), 1);
}
