//! LDAP Auth, against `OpenLDAP` with the users of `xtask/src/slapd.ldif`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use vouchsafe_api::auth_ldap::LdapProof;
use vouchsafe_attest::ldap::LdapAuth;
use vouchsafe_attest::{Login, Method, Reason};
use vouchsafe_testkit::{Engine, TestServer, both};

use crate::common::{at, attached, last_refusal, live, log_in, refused};
use crate::counterparts::directory::{READER, authority, config, plain, tls};

both!(
    a_user_logs_in_and_the_method_lives_its_life,
    every_wire_works_and_only_a_trusted_one,
    each_wrong_thing_is_refused_for_what_it_is,
    no_name_is_anything_but_a_name,
    a_user_may_bind_without_being_looked_up,
    groups_are_asked_of_the_directory,
    configurations_are_checked_when_they_are_sent,
    guesses_in_parallel_reach_the_directory_as_often_as_they_may,
    a_guess_counts_though_its_caller_hangs_up,
    a_crowd_at_one_name_is_turned_away,
    a_directory_that_is_down_counts_nothing,
    a_configuration_is_tried_out_step_by_step,
    a_name_says_what_it_could_become,
);

const METHOD: &str = "ldap-auth";
fn ldap() -> Value {
    config(&format!("ldap://{}", plain()))
}

fn with(mut config: Value, fields: &Value) -> Value {
    config.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    config
}

fn proof(name: &str, password: &str) -> Value {
    json!({ "username": name, "password": password })
}

fn alice() -> Value {
    proof("alice", "wonderland")
}

/// Something between us and the directory that counts connections, and can be cut.
struct Tap {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    /// Whoever holds this stops new connections.
    gate: Arc<Mutex<()>>,
    task: tokio::task::JoinHandle<()>,
}

impl Tap {
    async fn new(listen: &str, target: SocketAddr) -> Self {
        let listener = TcpListener::bind((listen, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let gate = Arc::<Mutex<()>>::default();
        let passing = Arc::clone(&gate);
        let task = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let passing = Arc::clone(&passing);
                tokio::spawn(async move {
                    drop(passing.lock().await);
                    let mut far = TcpStream::connect(target).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        Self { address, connections, gate, task }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn a_user_logs_in_and_the_method_lives_its_life(server: TestServer) {
    let (identity, reply) = attached(&server, METHOD, ldap()).await;
    let shown = &reply["identityLdapAuth"];
    assert_eq!(shown["bindDN"], READER);
    assert_eq!(shown["bindPass"], "reads everything");
    assert_eq!(shown["searchFilter"], "(uid={{username}})");
    assert_eq!(shown["templateId"], Value::Null);
    assert_eq!(shown["lockoutThreshold"], 3);
    let again = server.admin.get(&at(METHOD, &identity)).await.ok();
    assert_eq!(again["identityLdapAuth"]["ldapCaCertificate"], authority().trim());
    live(&server, METHOD, &identity, json!({}), alice()).await;
}

async fn every_wire_works_and_only_a_trusted_one(server: TestServer) {
    let ldaps = config(&format!("ldaps://{}", tls()));
    let start_tls = with(ldap(), &json!({ "startTls": true }));
    for good in [ldap(), ldaps.clone(), start_tls.clone()] {
        let (identity, _) = attached(&server, METHOD, good).await;
        log_in(&server, METHOD, &identity, alice()).await.ok();
        refused(&server, METHOD, &identity, proof("alice", "guess"), "invalid-credentials").await;
    }
    // Another authority than the directory's; and the directory's certificate at another address than it is for.
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let stranger = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
    let elsewhere = (Tap::new("127.0.0.2", tls()).await, Tap::new("127.0.0.2", plain()).await);
    let elsewhere = [
        with(ldaps.clone(), &json!({ "url": format!("ldaps://{}", elsewhere.0.address) })),
        with(start_tls.clone(), &json!({ "url": format!("ldap://{}", elsewhere.1.address) })),
    ];
    let untrusted =
        [&ldaps, &start_tls].map(|good| with(good.clone(), &json!({ "ldapCaCertificate": stranger })));
    let public = [&ldaps, &start_tls].map(|good| with(good.clone(), &json!({ "ldapCaCertificate": "" })));
    let identity = server.identity("another", "member").await.id;
    for bad in elsewhere.into_iter().chain(untrusted).chain(public) {
        let message = server.admin.post(&at(METHOD, &identity), bad.clone()).await.refused(400);
        assert!(
            message.starts_with("Failed to connect to LDAP server: no trusted TLS connection"),
            "{message} {bad}"
        );
    }

    // A target that the operator does not allow any more.
    let (identity, _) = attached(&server, METHOD, ldap()).await;
    let server = server.restart_with(|settings| settings.allowed_targets.clear()).await;
    refused(&server, METHOD, &identity, alice(), "target-blocked").await;
    let other = server.identity("third", "member").await.id;
    server.admin.post(&at(METHOD, &other), ldap()).await.refused(400);
}

async fn each_wrong_thing_is_refused_for_what_it_is(server: TestServer) {
    let fields = json!({ "allowedFields": [{ "key": "employeeType", "value": "robot,other" }, { "key": "mail", "value": "adams@example.com" }] });
    let (identity, _) = attached(&server, METHOD, with(ldap(), &fields)).await;
    log_in(&server, METHOD, &identity, alice()).await.ok();
    for (name, password, reason) in [
        ("alice", "guess", "invalid-credentials"),
        ("alicia", "wonderland", "invalid-credentials"),
        ("twin", "same", "invalid-credentials"),
        ("nobody", "nobody", "invalid-credentials"),
        ("bob", "builder", "attribute-mismatch"),
    ] {
        refused(&server, METHOD, &identity, proof(name, password), reason).await;
    }
    let event = last_refusal(&server, METHOD).await.to_string();
    assert!(!event.contains("builder"), "{event}");

    // Values are taken as they are, with their spaces.
    for (value, status) in [("robot, other", 200), ("other, robot", 401), ("ROBOT", 401)] {
        let fields = json!({ "allowedFields": [{ "key": "EmployeeType", "value": value }] });
        server.admin.patch(&at(METHOD, &identity), fields).await.ok();
        assert_eq!(log_in(&server, METHOD, &identity, alice()).await.status, status, "{value}");
    }
    let fields = json!({ "allowedFields": [{ "key": "telephoneNumber", "value": "1" }] });
    server.admin.patch(&at(METHOD, &identity), fields).await.ok();
    refused(&server, METHOD, &identity, alice(), "attribute-mismatch").await;

    // Empty and boundless ones do not get as far as the directory.
    for (name, password) in [
        ("alice", ""),
        ("", "wonderland"),
        ("  ", "x"),
        (&"a".repeat(256), "x"),
        ("alice", &"p".repeat(1025)),
    ] {
        log_in(&server, METHOD, &identity, proof(name, password)).await.refused(422);
    }
}

/// Names in which something would mean something, in a filter or a DN.
fn injections() -> Vec<String> {
    let long = "(".repeat(255);
    let names = [
        "*",
        "a*",
        "*lice",
        "al*ce",
        "alice*",
        "**",
        "*)(uid=*",
        "*)(uid=*))(|(uid=*",
        "alice)(uid=alice",
        "alice)(objectClass=*",
        "alice)(|(uid=*)",
        "*))%00",
        "alice\0",
        "\0",
        "alice\0)(uid=*",
        "\\2a",
        "\\",
        "\\61lice",
        "alice\\",
        "(",
        ")",
        "()",
        "&",
        "|",
        "!",
        "(&(uid=alice))",
        "(|(uid=alice)(uid=bob))",
        "!(uid=bob)",
        "~alice",
        ">alice",
        "alice,ou=people",
        "alice+uid=alice",
        "alice,ou=people,dc=example,dc=com",
        "uid=alice,ou=people,dc=example,dc=com",
        ",",
        "+",
        "\"",
        "<alice>",
        "alice;",
        "#616c696365",
        "=",
        "uid=alice",
        "{{username}}",
        "{username}",
        "%s",
        "${username}",
        "alice\r\nuserPassword: x",
        "\u{202e}ecila",
        "\u{1f916}",
        "aliсe",
        "cn=reader,dc=example,dc=com",
        "../alice",
        "'",
        "' or 1=1 --",
        "alice bob",
        long.as_str(),
    ];
    names.map(str::to_owned).to_vec()
}

async fn no_name_is_anything_but_a_name(server: TestServer) {
    let filters =
        ["(uid={{username}})", "(&(objectClass=inetOrgPerson)(|(uid={{username}})(cn={{username}})))"];
    let direct = json!({ "bindDN": "", "userDnTemplate": "uid={{username}},ou=people,dc=example,dc=com" });
    let mut configs: Vec<Value> =
        filters.iter().map(|filter| with(ldap(), &json!({ "searchFilter": filter }))).collect();
    configs.push(with(ldap(), &direct));
    assert!(injections().len() >= 25);
    for config in configs {
        let (identity, _) = attached(&server, METHOD, config.clone()).await;
        for name in injections() {
            for password in ["wonderland", "*", "reads everything"] {
                let answer = log_in(&server, METHOD, &identity, proof(&name, password)).await;
                // A NUL is refused in any input; see below what would become of one here.
                let status = if name.contains('\0') { 422 } else { 401 };
                assert_eq!(answer.status, status, "{name:?} {config}");
            }
            let proof = LdapProof { username: name.clone(), password: "wonderland".to_owned() };
            let input = serde_json::from_value(config.clone()).unwrap();
            let ready = LdapAuth::ready(LdapAuth::configure(None, input).unwrap()).unwrap();
            let context = server.app.workshop.context(server.app.now(), identity.parse().unwrap(), None);
            let refusal = LdapAuth::verify(&context, &ready, &proof).await.unwrap_err();
            assert_eq!(refusal.reason, Reason::Credentials, "{name:?} {refusal}");
        }
        // And what is a name is one, whatever is in it.
        log_in(&server, METHOD, &identity, alice()).await.ok();
    }
    let (identity, _) = attached(&server, METHOD, ldap()).await;
    log_in(&server, METHOD, &identity, proof("a*(b)\\c, d=e+f", "odd indeed")).await.ok();
}

async fn a_user_may_bind_without_being_looked_up(server: TestServer) {
    let direct = json!({
        "url": format!("ldap://{}", plain()), "userDnTemplate": "uid={{username}},ou=people,dc=example,dc=com", "lockoutEnabled": false,
    });
    let (identity, reply) = attached(&server, METHOD, direct).await;
    assert_eq!(reply["identityLdapAuth"]["bindDN"], "");
    log_in(&server, METHOD, &identity, alice()).await.ok();
    log_in(&server, METHOD, &identity, proof("x,y+z", "comma")).await.ok();
    refused(&server, METHOD, &identity, proof("alice", "builder"), "invalid-credentials").await;
    refused(&server, METHOD, &identity, proof("nemo", "builder"), "invalid-credentials").await;
    // What is asked for is read as the user.
    let fields = json!({ "allowedFields": [{ "key": "employeeType", "value": "robot" }] });
    server.admin.patch(&at(METHOD, &identity), fields).await.ok();
    log_in(&server, METHOD, &identity, alice()).await.ok();
    refused(&server, METHOD, &identity, proof("bob", "builder"), "attribute-mismatch").await;
}

async fn groups_are_asked_of_the_directory(server: TestServer) {
    let (identity, _) = attached(&server, METHOD, ldap()).await;
    let group = |name: &str| format!("cn={name},ou=groups,dc=example,dc=com");
    for (groups, name, password, is_member) in [
        (vec![group("deployers")], "alice", "wonderland", true),
        // The directory knows that these are the same.
        (vec!["CN=Deployers, OU=Groups,DC=example,dc=com".to_owned()], "alice", "wonderland", true),
        (vec![group("unique")], "alice", "wonderland", true),
        (vec![group("posix")], "alice", "wonderland", true),
        (vec![group("writers"), group("posix")], "alice", "wonderland", true),
        (vec![group("writers")], "alice", "wonderland", false),
        (vec![group("missing")], "alice", "wonderland", false),
        // Only the user's own entry says so.
        (vec![group("writers")], "bob", "builder", true),
        (vec![group("deployers"), group("unique"), group("posix")], "bob", "builder", false),
        (Vec::new(), "bob", "builder", true),
    ] {
        server.admin.patch(&at(METHOD, &identity), json!({ "allowedGroups": groups })).await.ok();
        if is_member {
            log_in(&server, METHOD, &identity, proof(name, password)).await.ok();
        } else {
            refused(&server, METHOD, &identity, proof(name, password), "attribute-mismatch").await;
        }
    }
}

async fn configurations_are_checked_when_they_are_sent(server: TestServer) {
    let identity = server.identity("workload", "member").await.id;
    let path = at(METHOD, &identity);
    for (fields, status, part) in [
        (
            json!({ "templateId": "0b0e6a5e-6a0e-4c5e-9c0e-2f7b5a0c1d11" }),
            400,
            "Templates of auth methods are not offered",
        ),
        (
            json!({ "bindPass": "wrong" }),
            400,
            "Failed to connect to LDAP server: the directory refuses bindDN",
        ),
        (json!({ "url": "ldap://127.0.0.1:1" }), 400, "Failed to connect to LDAP server: "),
        (json!({ "bindPass": "" }), 422, ""),
        (json!({ "bindDN": "" }), 422, ""),
        (json!({ "url": "http://127.0.0.1" }), 422, ""),
        (json!({ "url": "" }), 422, ""),
        (json!({ "searchBase": "everywhere" }), 422, ""),
        (json!({ "searchFilter": "(uid={{username}}*)" }), 422, ""),
        (json!({ "searchFilter": "(uid=alice)" }), 422, ""),
        (json!({ "ldapCaCertificate": "no PEM" }), 422, ""),
        (json!({ "allowedGroups": ["deployers"] }), 422, ""),
        (json!({ "allowedFields": [{ "key": "a)(b", "value": "c" }] }), 422, ""),
        (json!({ "bindDN": "", "userDnTemplate": "{{username}}" }), 422, ""),
    ] {
        let message = server.admin.post(&path, with(ldap(), &fields)).await.refused(status);
        assert!(message.contains(part) && !message.contains("wrong"), "{message}");
    }
    server.admin.post(&path, with(ldap(), &json!({ "templateId": null, "allowedFields": null }))).await.ok();
    server.admin.patch(&path, json!({ "bindPass": "wrong" })).await.refused(400);
    log_in(&server, METHOD, &identity, alice()).await.ok();

    // Who looks users up is not allowed to any more, or there is nothing where it looks.
    server.admin.patch(&path, json!({ "searchBase": "ou=missing,dc=example,dc=com" })).await.ok();
    refused(&server, METHOD, &identity, alice(), "reviewer-refused").await;
    server.admin.patch(&path, json!({ "searchBase": "ou=elsewhere,dc=example,dc=com" })).await.ok();
    refused(&server, METHOD, &identity, alice(), "provider-answer-invalid").await;
}

async fn guesses_in_parallel_reach_the_directory_as_often_as_they_may(server: TestServer) {
    let tap = Tap::new("127.0.0.1", plain()).await;
    let guarded = with(
        config(&format!("ldap://{}", tap.address)),
        &json!({ "lockoutEnabled": true, "lockoutThreshold": 3 }),
    );
    let (identity, _) = attached(&server, METHOD, guarded).await;
    log_in(&server, METHOD, &identity, alice()).await.ok();
    let before = tap.connections();

    let spellings =
        ["alice", "ALICE", "Alice", " alice ", "\u{ff41}lice", "al\u{ad}ice", "alicE\t", "alic\u{e9}"];
    let guesses = (0..50).map(|turn| {
        let (person, identity) = (server.anonymous(), identity.clone());
        tokio::spawn(async move {
            let name = spellings[turn % spellings.len()];
            let body =
                json!({ "identityId": identity, "username": name, "password": format!("guess {turn}") });
            let answer = person.post("/api/v1/auth/ldap-auth/login", body).await;
            // So many guesses do not even wait for their turn.
            if answer.status == 429 { answer.refused(429) } else { answer.refused(401) }
        })
    });
    let mut wrong = 0;
    for guess in guesses.collect::<Vec<_>>() {
        let message = guess.await.unwrap();
        wrong += usize::from(message == "Invalid credentials");
        let is_told = message == "Invalid credentials" || message.contains("temporarily locked");
        assert!(is_told || message.contains("Rate limit exceeded"), "{message}");
    }
    assert_eq!(tap.connections() - before, 3, "guesses that reached the directory");
    assert!((2..=3).contains(&wrong), "{wrong} guesses were told that they are wrong");

    // Locked is locked, for the right password and every spelling, and for nobody else.
    for name in ["alice", "ALICE"] {
        let message = log_in(&server, METHOD, &identity, proof(name, "wonderland")).await.refused(401);
        assert_eq!(message, "This identity auth method is temporarily locked, please try again later");
    }
    assert_eq!(tap.connections() - before, 3);
    log_in(&server, METHOD, &identity, proof("bob", "builder")).await.ok();

    let cleared =
        server.admin.post(&format!("{}/clear-lockouts", at(METHOD, &identity)), json!({})).await.ok();
    assert_eq!(cleared["deleted"], 1);
    log_in(&server, METHOD, &identity, alice()).await.ok();
}

async fn a_guess_counts_though_its_caller_hangs_up(server: TestServer) {
    let tap = Tap::new("127.0.0.1", plain()).await;
    let guarded = with(
        config(&format!("ldap://{}", tap.address)),
        &json!({ "lockoutEnabled": true, "lockoutThreshold": 1 }),
    );
    let (identity, _) = attached(&server, METHOD, guarded).await;
    let before = tap.connections();
    let stopped = tap.gate.lock().await;
    let body = json!({ "identityId": identity, "username": "alice", "password": "guess" }).to_string();
    let head = "POST /api/v1/auth/ldap-auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let mut caller = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
    let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    caller.write_all(request.as_bytes()).await.unwrap();
    let arrived = async {
        while tap.connections() == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived).await.expect("the guess reaches the directory");
    drop(caller);
    // Time in which a server that listens to callers alone would notice.
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(stopped);
    let message = log_in(&server, METHOD, &identity, alice()).await.refused(401);
    assert_eq!(message, "This identity auth method is temporarily locked, please try again later");
}

/// Replicas count together. What a replica has at the directory when the lock begins is all that comes on top: one guess for
/// each further replica.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_at_two_replicas_reach_the_directory_once_more_than_at_one() {
    let here = TestServer::start(Engine::Postgres).await;
    let there = here.replica().await;
    let tap = Tap::new("127.0.0.1", plain()).await;
    let guarded = with(
        config(&format!("ldap://{}", tap.address)),
        &json!({ "lockoutEnabled": true, "lockoutThreshold": 3 }),
    );
    let (identity, _) = attached(&here, METHOD, guarded).await;
    let before = tap.connections();
    refused(&here, METHOD, &identity, proof("alice", "guess"), "invalid-credentials").await;
    refused(&there, METHOD, &identity, proof("ALICE", "guess"), "invalid-credentials").await;
    assert_eq!(tap.connections() - before, 2);

    // One more may be made, and each replica makes it: neither knows of the other's before its answer.
    let stopped = tap.gate.lock().await;
    let mut crowd = JoinSet::new();
    for turn in 0..50 {
        let person = if turn % 2 == 0 { here.anonymous() } else { there.anonymous() };
        let body =
            json!({ "identityId": identity, "username": "alice", "password": format!("guess {turn}") });
        crowd.spawn(async move { person.post("/api/v1/auth/ldap-auth/login", body).await });
    }
    let arrived = async {
        while tap.connections() - before < 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived).await.expect("both replicas ask the directory");
    drop(stopped);
    let mut wrong = 0;
    while let Some(answer) = crowd.join_next().await {
        let answer = answer.unwrap();
        if answer.status != 429 {
            wrong += usize::from(answer.refused(401) == "Invalid credentials");
        }
    }
    assert_eq!(tap.connections() - before, 4, "guesses that reached the directory");
    assert!(wrong <= 2, "{wrong} more guesses were told that they are wrong");
    for server in [&here, &there] {
        let message = log_in(server, METHOD, &identity, alice()).await.refused(401);
        assert_eq!(message, "This identity auth method is temporarily locked, please try again later");
    }
    assert_eq!(tap.connections() - before, 4);
}

/// One is at the directory and 16 wait; all others are turned away at once.
async fn a_crowd_at_one_name_is_turned_away(server: TestServer) {
    let tap = Tap::new("127.0.0.1", plain()).await;
    let (identity, _) = attached(&server, METHOD, config(&format!("ldap://{}", tap.address))).await;
    let before = tap.connections();
    let stopped = tap.gate.lock().await;
    let mut crowd = JoinSet::new();
    for spelling in ["alice", "ALICE"].into_iter().cycle().take(40) {
        let (person, identity) = (server.anonymous(), identity.clone());
        crowd.spawn(async move {
            let body = json!({ "identityId": identity, "username": spelling, "password": "wonderland" });
            person.post("/api/v1/auth/ldap-auth/login", body).await
        });
    }
    for _ in 0..23 {
        let answer = crowd.join_next().await.unwrap().unwrap();
        assert_eq!(answer.headers["retry-after"], "2");
        assert!(answer.refused(429).starts_with("Rate limit exceeded"));
    }
    // The refusals may be faster than the one connection.
    let arrived = async {
        while tap.connections() == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived).await.expect("somebody asks the directory");
    assert_eq!(tap.connections() - before, 1, "one at a time");
    let counted = server.app.metrics.render();
    assert!(counted.contains(r#"{method="ldap-auth",reason="busy"} 23"#), "{counted}");
    drop(stopped);
    while let Some(answer) = crowd.join_next().await {
        answer.unwrap().ok();
    }
    log_in(&server, METHOD, &identity, alice()).await.ok();
}

async fn a_name_says_what_it_could_become(server: TestServer) {
    let (open, _) = attached(&server, METHOD, ldap()).await;
    let narrow = with(ldap(), &json!({ "allowedFields": [{ "key": "title", "value": "boss" }] }));
    let (narrow, _) = attached(&server, METHOD, narrow).await;
    let ask = async |name: &str| {
        server.admin.post("/api/v1/access/what-if", json!({ "username": name })).await.ok()
    };
    let reply = ask("alice").await;
    assert_eq!((&reply["examined"], &reply["matches"][0]["identityId"]), (&json!(2), &json!(open)));
    assert_eq!(reply["matches"].as_array().unwrap().len(), 1, "{reply}");
    let miss = &reply["misses"][0];
    assert_eq!(
        (&miss["identityId"], &miss["steps"][1]["reason"]),
        (&json!(narrow), &json!("attribute-mismatch"))
    );
    let reply = ask(&"x".repeat(256)).await;
    assert_eq!(reply["misses"][0]["steps"][0]["reason"], "malformed-proof", "{reply}");
}

async fn a_directory_that_is_down_counts_nothing(server: TestServer) {
    let tap = Tap::new("127.0.0.1", plain()).await;
    let guarded = with(
        config(&format!("ldap://{}", tap.address)),
        &json!({ "lockoutEnabled": true, "lockoutThreshold": 2 }),
    );
    let (identity, _) = attached(&server, METHOD, guarded).await;
    refused(&server, METHOD, &identity, proof("alice", "guess"), "invalid-credentials").await;
    tap.task.abort();
    let _ = tap.task.await;
    for _ in 0..3 {
        refused(&server, METHOD, &identity, alice(), "provider-unreachable").await;
    }
    server.admin.patch(&at(METHOD, &identity), json!({ "url": format!("ldap://{}", plain()) })).await.ok();
    log_in(&server, METHOD, &identity, alice()).await.ok();
}

async fn a_configuration_is_tried_out_step_by_step(server: TestServer) {
    let try_out = async |fields: Value| {
        let input = serde_json::from_value(with(ldap(), &fields)).unwrap();
        let ready = LdapAuth::ready(LdapAuth::configure(None, input).unwrap()).unwrap();
        let identity = "00000000-0000-4000-8000-000000000001".parse().unwrap();
        let context = server.app.workshop.context(server.app.now(), identity, None);
        let findings = LdapAuth::probe(&context, &ready).await;
        findings.iter().map(|finding| finding.result.is_ok()).collect::<Vec<_>>()
    };
    assert_eq!(try_out(json!({})).await, [true, true, true]);
    assert_eq!(try_out(json!({ "searchBase": "ou=missing,dc=example,dc=com" })).await, [true, true, false]);
    assert_eq!(try_out(json!({ "bindPass": "wrong" })).await, [true, false]);
    assert_eq!(try_out(json!({ "url": "ldap://127.0.0.1:1" })).await, [false]);
    let direct = json!({ "bindDN": "", "userDnTemplate": "uid={{username}},ou=people,dc=example,dc=com" });
    assert_eq!(try_out(direct).await, [true]);
}
