//! Trying a configuration out, and asking what a proof would become.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rcgen::KeyPair;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, ORIGIN};
use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both, execute};

use crate::browser::Browser;
use crate::forms::{form, pairs, value};
use crate::projects::with_member;

both!(
    a_configuration_is_tested_source_by_source,
    methods_without_a_proof_are_not_tested,
    who_may_not_edit_auth_methods_does_not_test_them,
    what_would_be_refused_by_the_boundary_is_refused,
    identities_of_projects_are_tested_by_those_who_run_the_project,
    a_proof_says_whom_it_would_become_and_where_others_miss,
    a_proof_is_not_shown_again_unless_it_is_harmless,
    what_is_of_another_kind_is_told_at_its_field,
    what_no_method_can_read_is_told_at_the_field,
    many_sources_are_asked_one_part_after_the_other,
    who_may_not_explain_access_asks_nothing,
    what_stands_in_a_proof_stays_text,
);

const ANN: &str = "ann@example.com";
const WHAT_IF: &str = "/explain/what-if";
const ISSUER: &str = "https://issuer.example";
const MAIN: &str = "repo:acme/app:ref:main";

/// The part of a page that is not its frame.
fn content(page: &str) -> &str {
    page.split_once("<main").unwrap().1
}

/// A JWT with these claims, which nobody has signed.
fn jwt(claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(&json!({ "alg": "ES256", "typ": "JWT", "kid": "one" }));
    format!("{head}.{}.{}", part(claims), BASE64_URL_SAFE_NO_PAD.encode("canary-signature"))
}

fn at(method: &str, id: &str) -> String {
    format!("/api/v1/auth/{method}/identities/{id}")
}

fn static_keys(subject: &str) -> Value {
    let key = KeyPair::generate().unwrap().public_key_pem();
    json!({
        "configurationType": "static", "publicKeys": [key], "boundIssuer": ISSUER, "boundSubject": subject,
        "boundClaims": {},
    })
}

/// A new identity with the method attached: its id.
async fn attached(server: &TestServer, name: &str, method: &str, config: Value) -> String {
    let body = json!({ "name": name, "organizationId": server.org, "role": "no-access" });
    let made = server.admin.post("/api/v1/identities", body).await.ok();
    let id = made["identity"]["id"].as_str().unwrap().to_owned();
    server.admin.post(&at(method, &id), config).await.ok();
    id
}

/// An address at which nobody listens.
const NOBODY: &str = "https://127.0.0.1:9/keys";

async fn a_configuration_is_tested_source_by_source(server: TestServer) {
    let id = attached(&server, "job", "jwt-auth", static_keys(MAIN)).await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let method = format!("/identities/{id}/auth/jwt-auth");
    let page = browser.page(&method).await;
    assert!(page.contains(&format!("<form method=\"post\" action=\"{method}/test\">")), "{page}");
    assert!(page.contains(&format!("href=\"{WHAT_IF}?kind=jwt\"")), "{page}");
    // Looking at the page calls nobody and says nothing of the configuration.
    let asked = browser.page(&format!("{method}/test")).await;
    assert!(form(&asked, "Test the configuration").is_empty() && !asked.contains("works</span>"), "{asked}");
    let tested = browser.post(&format!("{method}/test"), &[]).await;
    assert_eq!(tested.status, 200);
    for part in ["Everything that can be tried", "✓ works", "<bdi>read the keys</bdi>", "<bdi>default</bdi>"]
    {
        assert!(tested.text.contains(part), "{part}: {}", tested.text);
    }
    assert!(!tested.text.contains("What to do"), "{}", tested.text);

    let other = json!({ "source": "far", "configurationType": "jwks", "jwksUrl": NOBODY, "boundSubject": "x", "boundClaims": {} });
    let other = server.admin.post(&format!("{}/sources", at("jwt-auth", &id)), other).await.ok();
    let tested = browser.post(&format!("{method}/test"), &[]).await.text;
    let source = format!("{method}/sources/{}", other["identityJwtAuth"]["id"].as_str().unwrap());
    for part in [
        "1 of 2 sources has something that does not work",
        "✓ works",
        "✗ 1 of 1 step failed",
        "✗ failed",
        "<strong><bdi>fetch the key set</bdi></strong>",
        "What to do: ",
        "<bdi>far</bdi>",
        &source,
    ] {
        assert!(tested.contains(part), "{part}: {tested}");
    }
    assert!(tested.contains("target-blocked") || tested.contains("provider-unreachable"), "{tested}");
    assert_eq!(browser.get(&source).await.status, 200);
    // It is the method that is tested: a source of it has no such page.
    assert!(!browser.page(&source).await.contains("Test the configuration"));

    // Only a form of this session starts the calls.
    let request =
        browser.request(Method::POST, &format!("{method}/test")).header(ORIGIN, browser.url.clone());
    let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let foreign = browser.send(request.body("form_token=0")).await;
    assert!(foreign.status == 403 && !foreign.text.contains("works"), "{}", foreign.text);
}

async fn methods_without_a_proof_are_not_tested(server: TestServer) {
    let id = attached(&server, "job", "token-auth", json!({})).await;
    server.universal_auth(&id, json!({})).await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    for method in ["token-auth", "universal-auth"] {
        let page = format!("/identities/{id}/auth/{method}");
        let shown = browser.page(&page).await;
        assert!(!shown.contains("Test the configuration") && !shown.contains(WHAT_IF), "{shown}");
        let test = format!("{page}/test");
        assert_eq!((browser.get(&test).await.status, browser.post(&test, &[]).await.status), (404, 404));
    }
    // Not attached: nothing to test.
    for method in ["aws-auth", "nothing"] {
        let test = format!("/identities/{id}/auth/{method}/test");
        assert_eq!((browser.get(&test).await.status, browser.post(&test, &[]).await.status), (404, 404));
    }
    let shown = browser.page(&format!("/identities/{id}/auth/aws-auth")).await;
    assert!(!shown.contains("Test the configuration") && !shown.contains(WHAT_IF), "{shown}");
    // The kind of proof is chosen, unless there are several.
    server.admin.post(&at("aws-auth", &id), json!({ "allowedAccountIds": "123456789012" })).await.ok();
    let shown = browser.page(&format!("/identities/{id}/auth/aws-auth")).await;
    assert!(shown.contains("Test the configuration") && shown.contains("what-if?kind=arn\""), "{shown}");
    let asked = browser.page(&format!("{WHAT_IF}?kind=arn")).await;
    assert_eq!(value(&form(&asked, "What would it become?"), "kind"), "arn");
}

async fn who_may_not_edit_auth_methods_does_not_test_them(server: TestServer) {
    let rules = json!([{ "subject": "identity", "action": ["read"] }]);
    let role = json!({ "slug": "looker", "name": "Looker", "permissions": rules });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    let id = attached(&server, "job", "jwt-auth", static_keys(MAIN)).await;
    let mut browser = Browser::of(&server, ANN, "looker").await;
    let method = format!("/identities/{id}/auth/jwt-auth");
    let shown = browser.page(&method).await;
    assert!(shown.contains(MAIN) && !shown.contains("Test the configuration") && !shown.contains(WHAT_IF));
    for page in
        [browser.get(&format!("{method}/test")).await, browser.post(&format!("{method}/test"), &[]).await]
    {
        assert!(page.status == 403 && page.text.contains("Not allowed"), "{}", page.text);
        assert!(!page.text.contains("read the keys"), "{}", page.text);
    }
}

async fn what_would_be_refused_by_the_boundary_is_refused(server: TestServer) {
    let rules = json!([{ "subject": "identity", "action": ["read", "edit-auth"] }]);
    let role = json!({ "slug": "keeper", "name": "Keeper", "permissions": rules });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    let weak = attached(&server, "weak", "jwt-auth", static_keys(MAIN)).await;
    let strong = server.identity("strong", "admin").await.id;
    server.admin.post(&at("jwt-auth", &strong), static_keys(MAIN)).await.ok();
    let mut browser = Browser::of(&server, ANN, "keeper").await;
    let test = |id: &str| format!("/identities/{id}/auth/jwt-auth/test");
    assert_eq!(browser.post(&test(&weak), &[]).await.status, 200);
    let page = browser.post(&test(&strong), &[]).await;
    assert!(page.status == 403 && page.text.contains("with more privileges"), "{}", page.text);
    assert!(!page.text.contains("read the keys"), "{}", page.text);
}

async fn identities_of_projects_are_tested_by_those_who_run_the_project(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "no-access").await;
    let project = with_member(&server, ANN, "admin").await;
    let body = json!({ "name": "own", "roles": [{ "role": "viewer" }] });
    let made = server.admin.post(&format!("/api/v1/projects/{project}/identities"), body).await.ok();
    let id = made["identity"]["id"].as_str().unwrap();
    server.admin.post(&at("jwt-auth", id), static_keys(MAIN)).await.ok();
    let method = format!("/identities/{id}/auth/jwt-auth");
    let shown = browser.page(&method).await;
    // Who explains access in a project only does not ask about proofs of the organization.
    assert!(shown.contains("Test the configuration") && !shown.contains(WHAT_IF), "{shown}");
    let tested = browser.post(&format!("{method}/test"), &[]).await;
    assert!(tested.status == 200 && tested.text.contains("<bdi>read the keys</bdi>"), "{}", tested.text);
    // For an administrator of the organization it is named as what it is.
    let mut browser = Browser::of(&server, "adam@example.com", "admin").await;
    let sample = jwt(&json!({ "iss": ISSUER, "sub": MAIN }));
    let page = browser.post(WHAT_IF, &[("sample", &sample)]).await.text;
    assert!(page.contains("<bdi>own</bdi>") && page.contains("of a project</span>"), "{page}");
    assert!(!page.contains(&format!("/identities/{id}")), "no page of what this person may not see: {page}");
}

async fn a_proof_says_whom_it_would_become_and_where_others_miss(server: TestServer) {
    let main = attached(&server, "main job", "jwt-auth", static_keys(MAIN)).await;
    let tags = attached(&server, "tags job", "jwt-auth", static_keys("repo:acme/app:ref:tags")).await;
    attached(&server, "cloud", "aws-auth", json!({ "allowedAccountIds": "123456789012" })).await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let explain = browser.page("/explain").await;
    assert!(explain.contains(&format!("href=\"{WHAT_IF}?project=\"")), "{explain}");
    let page = browser.page(WHAT_IF).await;
    assert!(
        page.contains("aria-current=\"page\">What would a proof become?") && !page.contains("id=\"answer\"")
    );

    let sample = jwt(&json!({ "iss": ISSUER, "sub": MAIN }));
    let page = browser.post(WHAT_IF, &[("kind", "jwt"), ("sample", &sample)]).await;
    assert_eq!(page.status, 200);
    let (matches, misses) = page.text.split_once("Nearest misses").expect("misses");
    for part in [
        "✓ Somebody</span> It would become this identity",
        &format!("<a href=\"/identities/{main}\"><bdi>main job</bdi></a>"),
        &format!("/identities/{main}/auth/jwt-auth/sources/"),
        "by JWT Auth",
        "All 2 conditions hold",
        "3 sources were compared with a JWT",
    ] {
        assert!(matches.contains(part), "{part}: {matches}");
    }
    assert!(!matches.contains("tags job"), "{matches}");
    for part in [
        &format!("<a href=\"/identities/{tags}\"><bdi>tags job</bdi></a>"),
        "✗ 1 of 2 conditions not met",
        "✓ holds</span>\n<div><p><bdi>issuer</bdi>",
        "✗ does not hold</span>\n<div><p><strong><bdi>subject</bdi></strong>",
        "Another subject: ",
        "subject-mismatch",
        "What to do: Correct the subject",
    ] {
        assert!(misses.contains(part), "{part}: {misses}");
    }
    assert!(!misses.contains("cloud") && !page.text.contains("Look at the next ones"), "{misses}");
    // The links lead to pages that are there.
    let source = matches.split("href=\"").find(|rest| rest.contains("/sources/")).unwrap();
    assert_eq!(browser.get(source.split('"').next().unwrap()).await.status, 200);

    // Recognized by itself; nobody takes it, and it comes near somebody.
    let arn = "arn:aws:iam::210987654321:role/ci";
    let page = browser.post(WHAT_IF, &[("kind", ""), ("sample", arn)]).await.text;
    for part in
        ["✗ Nobody</span> No identity takes it", "<bdi>cloud</bdi>", "account-mismatch", "with an ARN"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("main job"), "{page}");
    // Nobody could: no method takes it.
    let page = browser.post(WHAT_IF, &[("kind", "username"), ("sample", "app")]).await.text;
    assert!(page.contains("Nothing comes near") && !page.contains("Nearest misses"), "{page}");
    // Two may become the same.
    server.admin.patch(&at("jwt-auth", &tags), static_keys(MAIN)).await.ok();
    let page = browser.post(WHAT_IF, &[("sample", &sample)]).await.text;
    assert!(page.contains("one of 2 identities") && !page.contains("Nearest misses"), "{page}");
}

async fn a_proof_is_not_shown_again_unless_it_is_harmless(server: TestServer) {
    attached(&server, "job", "jwt-auth", static_keys(MAIN)).await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let sample = jwt(&json!({ "iss": ISSUER, "sub": MAIN, "jti": "canary-id" }));
    let parts: Vec<&str> = sample.split('.').collect();
    for (kind, text, status) in [
        ("jwt", sample.as_str(), 200),
        ("", &sample, 200),
        ("arn", &sample, 422),
        ("username", &sample, 422),
        ("jwt", &sample[1..], 422),
        ("", &sample[..sample.len() / 2], 422),
        ("", &format!("Bearer {sample}"), 422),
        ("ocid", &format!("{sample} and more"), 422),
    ] {
        let page = browser.post(WHAT_IF, &[("kind", kind), ("sample", text)]).await;
        assert_eq!(page.status, status, "{kind} {text}: {}", page.text);
        for part in &parts {
            assert!(!page.text.contains(&part[8..40.min(part.len())]), "{kind} {text}: {}", page.text);
        }
        assert_eq!(value(&form(&page.text, "What would it become?"), "kind"), kind);
    }
    // Nor is one taken from an address, where it does not belong.
    let page = browser.page(&format!("{WHAT_IF}?kind=jwt&sample={sample}")).await;
    assert!(!content(&page).contains(parts[1]) && !page.contains("id=\"answer\""), "{page}");
    let key = "-----BEGIN CERTIFICATE-----\nMII\n-----BEGIN PRIVATE KEY-----\ncanary";
    let page = browser.post(WHAT_IF, &[("kind", "certificate"), ("sample", key)]).await;
    assert!(page.status == 422 && page.text.contains("private key") && !page.text.contains("canary"));
    // What is public stays, to be put right.
    let arn = "arn:aws:iam::210987654321:role/ci";
    for kind in ["", "arn", "ocid"] {
        let page = browser.post(WHAT_IF, &[("kind", kind), ("sample", arn)]).await.text;
        assert_eq!(value(&form(&page, "What would it become?"), "sample"), arn, "{kind}");
    }
}

async fn what_is_of_another_kind_is_told_at_its_field(server: TestServer) {
    attached(&server, "job", "jwt-auth", static_keys(MAIN)).await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    for (kind, text, field, problem) in [
        ("jwt", "arn:aws:iam::1:user/a", "sample", "This looks like an ARN, not like a JWT"),
        ("arn", "app", "sample", "This is not an ARN: expected a name that begins with arn:"),
        ("certificate", "MII", "sample", "This is not a certificate"),
        ("", "app", "kind", "It can be of several kinds"),
        ("", " ", "sample", "Paste what the workload would present"),
    ] {
        let page = browser.post(WHAT_IF, &[("kind", kind), ("sample", text)]).await;
        let expected = format!("id=\"{field}-problem\">{problem}");
        assert!(page.status == 422 && page.text.contains(&expected), "{expected}: {}", page.text);
        assert!(!page.text.contains("id=\"answer\""), "{}", page.text);
    }
}

async fn what_no_method_can_read_is_told_at_the_field(server: TestServer) {
    attached(&server, "cloud", "aws-auth", json!({ "allowedAccountIds": "123456789012" })).await;
    attached(
        &server,
        "other cloud",
        "alicloud-auth",
        json!({ "allowedArns": "acs:ram::1234567890123456:user/app" }),
    )
    .await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let page = browser.post(WHAT_IF, &[("sample", "arn:aws:nothing")]).await;
    assert!(page.status == 422 && page.text.contains("id=\"sample-problem\">"), "{}", page.text);
    let problem = page.text.split_once("id=\"sample-problem\">").unwrap().1.split_once("</p>").unwrap().0;
    assert!(problem.contains("ARN of a user, role") && problem.contains("; "), "{problem}");
    // One that some can read does not come near the others.
    let page = browser.post(WHAT_IF, &[("sample", "arn:aws:iam::210987654321:role/ci")]).await.text;
    assert!(page.contains("<bdi>cloud</bdi>") && !page.contains("other cloud"), "{page}");
    assert!(page.contains("2 sources were compared"), "{page}");
}

/// Copies of a source of an identity, before all others by their ids.
async fn copies(server: &TestServer, id: &str, count: u32) {
    let rest = "login_key, config, sealed, roles, token_ttl, token_max_ttl, token_uses_limit, token_period, \
                token_trusted_ips, lockout_enabled, lockout_threshold, lockout_duration, lockout_counter_reset, \
                lockout_scope, created_at, updated_at";
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
         INSERT INTO auth_methods (id, identity_id, method, source, {rest}) \
         SELECT '00000000-0000-7000-8000-' || (100000000000 + i), identity_id, method, 'copy-' || i, {rest} \
         FROM auth_methods CROSS JOIN n WHERE identity_id = '{id}'"
    );
    execute(server.database(), &sql).await;
}

async fn many_sources_are_asked_one_part_after_the_other(server: TestServer) {
    let many = attached(&server, "many", "jwt-auth", static_keys("another")).await;
    copies(&server, &many, 1000).await;
    attached(&server, "the last", "jwt-auth", static_keys(MAIN)).await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let sample = jwt(&json!({ "iss": ISSUER, "sub": MAIN }));
    let page = browser.post(WHAT_IF, &[("sample", &sample)]).await.text;
    assert!(
        page.contains("No identity so far takes it") && page.contains("1000 sources were compared"),
        "{page}"
    );
    // One goes on with the claims, and without what makes a credential of them.
    let next = form(&page, "Look at the next ones");
    let (claims, signature) = sample.rsplit_once('.').unwrap();
    assert!(value(&next, "sample") == format!("{claims}.") && !page.contains(signature), "{page}");
    let page = browser.post(WHAT_IF, &pairs(&next)).await.text;
    assert!(page.contains("this identity") && page.contains("<bdi>the last</bdi>"), "{page}");
    assert!(page.contains("1002 sources were compared") && !page.contains("Look at the next ones"), "{page}");
    assert!(!content(&page).contains(claims), "{page}");
    // Those that match are counted, and no more are shown than one can read.
    let page =
        browser.post(WHAT_IF, &[("sample", &jwt(&json!({ "iss": ISSUER, "sub": "another" })))]).await.text;
    assert!(page.contains("one of 1000 identities") && page.contains("And 950 more"), "{page}");
    assert!(page.len() < 150_000, "{}", page.len());
}

async fn who_may_not_explain_access_asks_nothing(server: TestServer) {
    attached(&server, "hidden job", "jwt-auth", static_keys(MAIN)).await;
    let sample = jwt(&json!({ "iss": ISSUER, "sub": MAIN }));
    let mut browser = Browser::of(&server, ANN, "member").await;
    for page in [browser.get(WHAT_IF).await, browser.post(WHAT_IF, &[("sample", &sample)]).await] {
        assert!(page.status == 403 && !page.text.contains("hidden job"), "{}", page.text);
    }
    // Who explains access in a project only has the other pages.
    let project = with_member(&server, ANN, "admin").await;
    let page = browser.page("/explain").await;
    assert!(page.contains(&project) && !page.contains(WHAT_IF), "{page}");
    for page in [browser.get(WHAT_IF).await, browser.post(WHAT_IF, &[("sample", &sample)]).await] {
        assert!(page.status == 403 && !page.text.contains("hidden job"), "{}", page.text);
    }
    // Who may ask and sees no identities is told names, and given no links that would be refused.
    let rules = json!([{ "subject": "access", "action": ["explain"] }]);
    let role = json!({ "slug": "asker", "name": "Asker", "permissions": rules });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    let mut browser = Browser::of(&server, "bob@example.com", "asker").await;
    let page = browser.post(WHAT_IF, &[("sample", &sample)]).await.text;
    assert!(
        page.contains("<bdi>hidden job</bdi>") && !content(&page).contains("href=\"/identities/"),
        "{page}"
    );
}

async fn what_stands_in_a_proof_stays_text(server: TestServer) {
    const HOSTILE: &str = "<script>alert(1)</script>\u{202e}🦀";
    let id = attached(&server, HOSTILE, "jwt-auth", static_keys("<b>other")).await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    for subject in [HOSTILE.to_owned(), "<b>near".to_owned(), "<i>".repeat(1300)] {
        let sample = jwt(&json!({ "iss": ISSUER, "sub": subject, HOSTILE: HOSTILE }));
        let page = browser.post(WHAT_IF, &[("sample", &sample)]).await;
        let page = content(&page.text);
        assert!(page.contains("<bdi>&#60;script&#62;alert(1)"), "{page}");
        assert!(!page.contains("<script>") && !page.contains("<b>near") && !page.contains("<i>"), "{page}");
    }
    for (kind, text) in
        [("arn", "arn:<b>"), ("username", "<b>"), ("<b>", "<b>"), ("ocid", "ocid1.<b>"), ("", "<b>")]
    {
        let typed = [("kind", kind), ("sample", text), ("after", "<b>"), ("examined", "<b>")];
        let page = browser.post(WHAT_IF, &typed).await.text;
        assert!(!page.contains("<b>"), "{kind}: {page}");
    }
    let tested = browser.post(&format!("/identities/{id}/auth/jwt-auth/test"), &[]).await.text;
    assert!(tested.contains("&#60;script&#62;alert(1)") && !tested.contains("<script>alert"), "{tested}");
}
