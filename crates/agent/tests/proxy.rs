//! The agent's proxy before a real server, and before one that misbehaves.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests call their own servers")]

use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use reqwest::Client as Http;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Notify, watch};
use vouchsafe_agent::ManualTicker;
use vouchsafe_agent::proxy::{Behind, Place, Proxy, ProxyError, Settings};
use vouchsafe_api::concealed::Concealed;
use vouchsafe_client::Client;
use vouchsafe_testkit::{Engine, Person, TestServer, Wire};

const CANARY: &str = "canary-value-4711";

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Everything that is logged, on every level.
struct Logged;

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn listen_to_logs() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(|| Logged)
            .init();
    });
}

/// A proxy on a free port before some server.
struct Door {
    proxy: Proxy,
    token: watch::Sender<Option<Concealed>>,
    rejected: Arc<AtomicUsize>,
    ticker: Arc<ManualTicker>,
    http: Http,
}

impl Door {
    async fn before(url: &str, token: Option<&str>) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::with(url, token, Settings::at(Place::Port { address, is_exposed: false })).await
    }

    async fn with(url: &str, token: Option<&str>, settings: Settings) -> Self {
        listen_to_logs();
        let (token, rejected) =
            (watch::Sender::new(token.map(Concealed::new)), Arc::new(AtomicUsize::new(0)));
        let (ticker, count) = (Arc::new(ManualTicker::default()), Arc::clone(&rejected));
        let behind = Behind {
            client: Client::new(url).unwrap(),
            token: token.subscribe(),
            rejected: Arc::new(move |_| {
                count.fetch_add(1, Ordering::SeqCst);
            }),
            ticker: Arc::clone(&ticker) as _,
        };
        let proxy = Proxy::start(settings, behind).await.unwrap();
        Self { proxy, token, rejected, ticker, http: Http::builder().no_proxy().build().unwrap() }
    }

    fn url(&self, target: &str) -> String {
        match self.proxy.place() {
            Place::Port { address, .. } => format!("http://{address}{target}"),
            Place::Socket { .. } => format!("http://localhost{target}"),
        }
    }

    /// Status, where it is from, and the body.
    async fn get(&self, target: &str) -> (u16, String, Value) {
        read(self.http.get(self.url(target)).send().await.unwrap()).await
    }
}

async fn read(response: reqwest::Response) -> (u16, String, Value) {
    let status = response.status().as_u16();
    let source = header(&response, "x-vouchsafe-cache");
    let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
    (status, source, body)
}

fn header(response: &reqwest::Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// A server with a secret, somebody who may read and write it, and a wire to the server.
struct World {
    server: TestServer,
    person: Person,
    wire: Wire,
    project: String,
}

impl World {
    async fn new() -> Self {
        let server = TestServer::start(Engine::Sqlite).await;
        let project = server.project("p").await["id"].as_str().unwrap().to_owned();
        let person = server.project_member(&project, "admin").await;
        let wire = Wire::to(&server.url).await;
        let world = Self { server, person, wire, project };
        world.server.admin.post("/api/v4/secrets/A", world.body(CANARY)).await.ok();
        world
    }

    fn body(&self, value: &str) -> Value {
        json!({ "projectId": self.project, "environment": "dev", "secretPath": "/", "secretValue": value })
    }

    fn token(&self) -> &str {
        self.person.token.as_deref().unwrap()
    }

    fn list(&self) -> String {
        format!("/api/v4/secrets?projectId={}&environment=dev&secretPath=%2F", self.project)
    }

    /// A proxy that reaches the server over the wire.
    async fn door(&self) -> Door {
        Door::before(&self.wire.through(&self.server.url), Some(self.token())).await
    }
}

fn value(body: &Value) -> &str {
    body["secrets"][0]["secretValue"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_kept_confirmed_and_given_while_the_server_is_away() {
    let world = World::new().await;
    let (door, list) = (world.door().await, world.list());
    // The caller's own token is of no use, and of no harm.
    let asked = door.http.get(door.url(&list)).bearer_auth("not-a-token").send().await.unwrap();
    let tag = header(&asked, "etag");
    let (status, source, body) = read(asked).await;
    assert_eq!((status, source.as_str(), value(&body)), (200, "miss", CANARY));
    assert_eq!(door.get(&list).await.1, "revalidated");
    let known = door.http.get(door.url(&list)).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((known.status().as_u16(), known.bytes().await.unwrap().len()), (304, 0));

    world.server.admin.patch("/api/v4/secrets/A", world.body("changed elsewhere")).await.ok();
    let (_, source, body) = door.get(&list).await;
    assert_eq!((source.as_str(), value(&body)), ("miss", "changed elsewhere"));

    world.wire.cut();
    door.ticker.advance(Duration::from_secs(299));
    let away = door.http.get(door.url(&list)).send().await.unwrap();
    assert_eq!(
        (header(&away, "age"), header(&away, "warning").starts_with("110 ")),
        ("299".to_owned(), true)
    );
    let (status, source, body) = read(away).await;
    assert_eq!((status, source.as_str(), value(&body)), (200, "stale", "changed elsewhere"));
    door.ticker.advance(Duration::from_secs(2));
    let (status, _, body) = door.get(&list).await;
    assert!(status >= 502, "too old: {status}");
    assert!(!body.to_string().contains("changed elsewhere"), "{body}");
    world.wire.mend();
    assert_eq!(door.get(&list).await.1, "revalidated");

    let log = String::from_utf8_lossy(&LOG.lock().unwrap()).into_owned();
    assert!(log.contains("the proxy has no answer of the server"), "logs are heard");
    for secret in [CANARY, "changed elsewhere", world.token(), "not-a-token"] {
        assert!(!log.contains(secret), "{secret}");
    }
    assert!(!format!("{:?}", door.proxy).contains(CANARY));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_goes_through_and_nothing_old_is_given_after_it() {
    let world = World::new().await;
    let (door, list) = (world.door().await, world.list());
    assert_eq!(value(&door.get(&list).await.2), CANARY);
    let url = door.url("/api/v4/secrets/A");
    let written = door.http.patch(url).json(&world.body("written")).send().await.unwrap();
    assert_eq!(written.status(), 200, "{:?}", written.text().await);
    world.wire.cut();
    assert!(door.get(&list).await.0 >= 502, "what was kept before the write is gone");
    world.wire.mend();
    assert_eq!(value(&door.get(&list).await.2), "written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_identity_may_read_is_not_given_to_another() {
    let world = World::new().await;
    let (door, list) = (world.door().await, world.list());
    assert_eq!(door.get(&list).await.0, 200);
    let other = world.server.identity("other", "no-access").await;
    // The server cannot say that it may not, so only forgetting helps.
    world.wire.cut();
    assert_eq!(door.get(&list).await.1, "stale");
    door.token.send_replace(other.token.map(Concealed::new));
    let (status, _, body) = door.get(&list).await;
    assert!(status >= 502 && !body.to_string().contains(CANARY), "{status}");
    world.wire.mend();
    assert_eq!(door.get(&list).await.0, 403);
    door.token.send_replace(Some(Concealed::new(world.token())));
    assert_eq!(door.get(&list).await.1, "miss");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_there_is_nothing_but_the_status() {
    let world = World::new().await;
    let door = Door::before(&world.server.url, None).await;
    let early = door.http.get(door.url(&world.list())).bearer_auth(world.token()).send().await.unwrap();
    assert_eq!((early.status().as_u16(), header(&early, "retry-after").is_empty()), (503, false));
    assert_eq!(door.get("/healthz").await.0, 503);
    assert_eq!(door.get("/api/status").await.0, 200);
    door.token.send_replace(Some(Concealed::new(world.token())));
    assert_eq!(door.get("/healthz").await.0, 200);
    assert_eq!(door.get(&world.list()).await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_not_accepted_is_replaced_and_the_call_made_again() {
    let world = World::new().await;
    let door = Arc::new(Door::before(&world.server.url, Some("h.e30.s")).await);
    let asked = tokio::spawn({
        let (door, list) = (Arc::clone(&door), world.list());
        async move { door.get(&list).await }
    });
    while door.rejected.load(Ordering::SeqCst) == 0 && !asked.is_finished() {
        tokio::task::yield_now().await;
    }
    door.token.send_replace(Some(Concealed::new(world.token())));
    let (status, _, body) = asked.await.unwrap();
    assert_eq!((status, value(&body)), (200, CANARY));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_reads_a_secret_over_the_socket_which_nobody_else_can_open() {
    use std::os::unix::fs::PermissionsExt;
    let (world, folder) = (World::new().await, TempDir::new().unwrap());
    let path = folder.path().join("agent.sock");
    let settings = Settings::at(Place::Socket { path: path.clone(), mode: 0o600 });
    let door = Door::with(&world.server.url, Some(world.token()), settings.clone()).await;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let curl = tokio::process::Command::new("curl")
        .args(["--silent", "--show-error", "--fail", "--unix-socket"])
        .arg(&path)
        .arg(format!("http://any.name{}", world.list()))
        .output();
    let output = curl.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(value(&serde_json::from_slice(&output.stdout).unwrap()), CANARY);

    let behind = || Behind {
        client: Client::new(&world.server.url).unwrap(),
        token: door.token.subscribe(),
        rejected: Arc::new(|_| {}),
        ticker: Arc::clone(&door.ticker) as _,
    };
    let busy = Proxy::start(settings.clone(), behind()).await.unwrap_err();
    assert!(matches!(busy, ProxyError::Busy(_)), "{busy}");
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let occupied = Settings::at(Place::Socket { path: file, mode: 0o600 });
    let occupied = Proxy::start(occupied, behind()).await.unwrap_err();
    assert!(matches!(occupied, ProxyError::Occupied(_)), "{occupied}");
    // One that its program left behind is replaced.
    let left = folder.path().join("left.sock");
    drop(std::os::unix::net::UnixListener::bind(&left).unwrap());
    let again = Settings::at(Place::Socket { path: left.clone(), mode: 0o660 });
    let proxy = Proxy::start(again, behind()).await.unwrap();
    assert_eq!(std::fs::metadata(&left).unwrap().permissions().mode() & 0o777, 0o660);
    drop(proxy);
    assert!(!left.exists());
}

/// A server that counts, and answers what it is told to.
struct Stub {
    url: String,
    calls: Arc<AtomicUsize>,
    go: Arc<Notify>,
}

impl Stub {
    /// `answer` gets the request and the number of the call; `/slow` waits for [`Self::go`].
    async fn new(answer: fn(&Request, usize) -> Response) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (calls, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (count, wait) = (Arc::clone(&calls), Arc::clone(&go));
        let routes = Router::new().fallback(move |request: Request| {
            let (number, wait) = (count.fetch_add(1, Ordering::SeqCst), Arc::clone(&wait));
            async move {
                if request.uri().path().ends_with("/slow") {
                    wait.notified().await;
                }
                answer(&request, number)
            }
        });
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, calls, go }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wants_the_same_at_the_same_time_waits_for_the_same_answer() {
    let stub =
        Stub::new(|_, number| ([("etag", "\"a\"")], format!("{{\"number\":{number}}}")).into_response())
            .await;
    let door = Arc::new(Door::before(&stub.url, Some("t")).await);
    let ask = || {
        let door = Arc::clone(&door);
        tokio::spawn(async move { door.get("/api/v4/secrets/slow").await })
    };
    let first = ask();
    while stub.calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let others: Vec<_> = (0..8).map(|_| ask()).collect();
    // They are on their way when a request that came after them is answered.
    for _ in 0..20 {
        assert_eq!(door.get("/healthz").await.0, 200);
    }
    stub.go.notify_waiters();
    let want = json!({ "number": 0 });
    assert_eq!(first.await.unwrap().2, want);
    // One that came too late to share starts a call of its own, which ends too.
    stub.go.notify_one();
    let mut shared = 0;
    for other in others {
        stub.go.notify_one();
        shared += usize::from(other.await.unwrap().2 == want);
    }
    assert!(shared > 0, "{}", stub.calls.load(Ordering::SeqCst));
    assert!(stub.calls.load(Ordering::SeqCst) < 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_server_is_away_and_a_refusal_is_not() {
    let stub = Stub::new(|_, number| match number {
        0 | 4 => ([("etag", "\"a\"")], "{\"x\":1}").into_response(),
        1 => StatusCode::BAD_GATEWAY.into_response(),
        2 => StatusCode::TOO_MANY_REQUESTS.into_response(),
        3 => StatusCode::FORBIDDEN.into_response(),
        5 => (StatusCode::FOUND, [("location", "http://evil.example/")]).into_response(),
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    })
    .await;
    let door = Door::before(&stub.url, Some("t")).await;
    let target = "/api/v3/secrets/raw?x=1";
    for (status, source) in [
        (200, "miss"),
        (200, "stale"),
        (200, "stale"),
        (403, "miss"),
        (200, "miss"),
        (502, "miss"),
        (503, ""),
    ] {
        let (found, from, _) = door.get(target).await;
        assert_eq!((found, from.as_str()), (status, source));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_sees_the_agents_token_and_nothing_of_the_callers_login() {
    let stub = Stub::new(|request, _| {
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let seen = json!({
            "path": request.uri().to_string(), "token": header("authorization"), "cookie": header("cookie"),
            "forwarded": header("x-forwarded-for"), "agent": header("user-agent"), "hop": header("x-hop"),
        });
        ([("set-cookie", "a=b"), ("x-request-id", "r")], seen.to_string()).into_response()
    })
    .await;
    let door = Door::before(&stub.url, Some("mine")).await;
    let asked = door.http.post(door.url("/api/v1/x?y=%2F")).bearer_auth("theirs").header("cookie", "jid=1");
    let asked =
        asked.header("x-forwarded-for", "1.2.3.4").header("user-agent", "sdk").header("connection", "x-hop");
    let answer = asked.header("x-hop", "1").send().await.unwrap();
    assert_eq!((header(&answer, "set-cookie").as_str(), header(&answer, "x-request-id").as_str()), ("", "r"));
    let want = json!({
        "path": "/api/v1/x?y=%2F", "token": "Bearer mine", "cookie": null, "forwarded": null, "agent": "sdk", "hop": null,
    });
    assert_eq!(read(answer).await.2, want);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_come_in_never_reaches_the_server() {
    let stub = Stub::new(|_, _| StatusCode::OK.into_response()).await;
    let door = Door::before(&stub.url, Some("t")).await;
    for (target, name, text, status) in [
        ("/api/status", "host", "evil.example", 403),
        ("/api/status", "host", "localhost.evil.example:80", 403),
        ("/api/status", "origin", "http://localhost:3000", 403),
        ("/api/status", "sec-fetch-site", "cross-site", 403),
        ("/metrics", "accept", "*/*", 404),
        ("/", "accept", "*/*", 404),
        ("/api", "accept", "*/*", 404),
    ] {
        let answer = door.http.get(door.url(target)).header(name, text).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{target} {name}: {text}");
    }
    let large = door.http.post(door.url("/api/v1/x")).body(vec![b'x'; 1024 * 1024 + 1]).send().await.unwrap();
    assert_eq!(large.status().as_u16(), 413);
    let long = format!("/api/{}", "x".repeat(9000));
    assert_eq!(door.get(&long).await.0, 414);
    assert_eq!(stub.calls.load(Ordering::SeqCst), 0);
    assert_eq!(door.get("/api/status").await.0, 200);
    assert_eq!(stub.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_machines_are_let_in_only_where_that_is_asked_for() {
    let behind = || Behind {
        client: Client::new("http://127.0.0.1:1").unwrap(),
        token: watch::Sender::new(None).subscribe(),
        rejected: Arc::new(|_| {}),
        ticker: Arc::new(ManualTicker::default()),
    };
    let at =
        |is_exposed| Settings::at(Place::Port { address: SocketAddr::from(([0, 0, 0, 0], 0)), is_exposed });
    let refused = Proxy::start(at(false), behind()).await.unwrap_err();
    assert!(matches!(refused, ProxyError::Exposed(_)), "{refused}");
    assert!(Proxy::start(at(true), behind()).await.is_ok());
}
