//! Signing in, sessions, passwords.

use futures_util::future::join_all;
use reqwest::header::SET_COOKIE;
use serde_json::json;
use vouchsafe_testkit::{Person, TestServer, both};

use crate::people::{PASSWORD, cookie, login, person, post_with_cookie, text};

both!(
    a_person_signs_in_and_chooses_an_organization,
    nobody_learns_which_part_was_wrong,
    ten_failures_in_a_row_lock_for_five_minutes,
    parallel_guesses_are_counted_exactly,
    a_refresh_token_works_once,
    sessions_are_listed_and_ended,
    a_session_is_opened_for_another_program,
    a_new_password_ends_the_other_sessions,
    tokens_and_sessions_expire,
    profiles_are_read_and_renamed,
    cookies_are_secure_behind_https,
);

const ANN: &str = "ann@example.com";

async fn a_person_signs_in_and_chooses_an_organization(server: TestServer) {
    person(&server, ANN, "member").await;
    let stranger = server.stranger().await;
    let signed_in = login(&server, " Ann@Example.com ", PASSWORD).await;
    let cookie = signed_in.headers[SET_COOKIE].to_str().unwrap().to_owned();
    for part in ["jid=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    let ann = server.anonymous().with_token(text(&signed_in.ok()["accessToken"]));

    assert_eq!(ann.post("/api/v1/auth/checkAuth", json!({})).await.ok()["message"], "Authenticated");
    let mine = ann.get("/api/v1/organization").await.ok();
    let organizations = mine["organizations"].as_array().unwrap();
    assert_eq!(organizations.len(), 1);
    assert_eq!(organizations[0]["slug"], "acme");
    assert_eq!(organizations[0]["userRole"], "member");
    ann.get("/api/v1/organization/accessible-with-sub-orgs").await.refused(404);
    let path = format!("/api/v1/identities?orgId={}", server.org);
    ann.get(&path).await.refused(401);

    let foreign = stranger.get("/api/v1/identities/details").await.ok();
    let foreign = &foreign["identityDetails"]["organization"]["id"];
    let refusal =
        ann.post("/api/v3/auth/select-organization", json!({ "organizationId": foreign })).await.refused(403);
    assert_eq!(
        refusal,
        format!("User does not have access to the organization with ID {}", foreign.as_str().unwrap())
    );
    let body = json!({ "organizationId": server.org, "userAgent": "cli" });
    let chosen = ann.post("/api/v3/auth/select-organization", body).await.ok();
    assert_eq!(chosen["isMfaEnabled"], false);
    let ann = ann.with_token(text(&chosen["token"]));
    ann.get(&path).await.ok();
    ann.get("/api/v1/organization").await.ok();
    // A route for people refuses identities, and a refresh token is no access token.
    server.admin.get("/api/v1/organization").await.refused(403);
    let refresh = cookie.strip_prefix("jid=").unwrap().split(';').next().unwrap();
    ann.with_token(refresh).get("/api/v1/organization").await.refused(403);
    for path in ["/api/v3/auth/login1", "/api/v3/auth/login2"] {
        server.anonymous().post(path, json!({ "email": ANN, "clientPublicKey": "x" })).await.refused(400);
    }
}

async fn nobody_learns_which_part_was_wrong(server: TestServer) {
    person(&server, ANN, "member").await;
    crate::people::invite(&server.admin, &server.org.to_string(), "pending@example.com", "member").await;
    let long = "p".repeat(5000);
    for (email, password) in [
        (ANN, "wrong"),
        (ANN, ""),
        (ANN, long.as_str()),
        ("nobody@example.com", PASSWORD),
        ("pending@example.com", ""),
        ("", ""),
        ("not an address", PASSWORD),
    ] {
        let mut answer = login(&server, email, password).await;
        assert!(answer.headers.get(SET_COOKIE).is_none());
        assert_eq!(answer.clone().refused(400), "Invalid username or email");
        answer.body["reqId"] = json!("");
        let same = json!({
            "reqId": "", "statusCode": 400, "message": "Invalid username or email", "error": "BadRequest"
        });
        assert_eq!(answer.body, same);
    }
    server.anonymous().post("/api/v3/auth/login", json!({ "email": ANN })).await.refused(422);
}

async fn ten_failures_in_a_row_lock_for_five_minutes(server: TestServer) {
    person(&server, ANN, "member").await;
    for _ in 0..9 {
        login(&server, ANN, "wrong").await.refused(400);
    }
    login(&server, ANN, PASSWORD).await.ok();
    for _ in 0..10 {
        login(&server, ANN, "wrong").await.refused(400);
    }
    for password in [PASSWORD, "wrong"] {
        let answer = login(&server, ANN, password).await;
        assert_eq!(answer.body["error"], "UserLocked");
        answer.refused(403);
    }
    server.clock.advance_seconds(299);
    login(&server, ANN, PASSWORD).await.refused(403);
    server.clock.advance_seconds(1);
    login(&server, ANN, "wrong").await.refused(400);
    login(&server, ANN, PASSWORD).await.ok();
    let locks = server.admin.get("/api/v1/organization/audit-logs?eventType=lock-user").await.ok();
    assert_eq!(locks["auditLogs"].as_array().unwrap().len(), 1);
}

async fn parallel_guesses_are_counted_exactly(server: TestServer) {
    person(&server, ANN, "member").await;
    let guesses = (0..24).map(|_| login(&server, ANN, "wrong"));
    let answers = join_all(guesses).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 400).count(), 10);
    assert_eq!(answers.iter().filter(|answer| answer.status == 403).count(), 14);
    login(&server, ANN, PASSWORD).await.refused(403);
}

async fn a_refresh_token_works_once(server: TestServer) {
    person(&server, ANN, "member").await;
    let signed_in = login(&server, ANN, PASSWORD).await;
    let first = cookie(&signed_in);
    let ann = server.anonymous().with_token(text(&signed_in.ok()["accessToken"]));
    let chosen = ann.post("/api/v3/auth/select-organization", json!({ "organizationId": server.org })).await;
    let chosen = cookie(&chosen);

    let refreshed = post_with_cookie(&server, "/api/v1/auth/token", &chosen).await;
    let second = cookie(&refreshed);
    let refreshed = refreshed.ok();
    assert_eq!(refreshed["organizationId"], json!(server.org));
    let fresh = ann.with_token(text(&refreshed["token"]));
    fresh.get(&format!("/api/v1/organization/{}", server.org)).await.ok();
    let third = cookie(&post_with_cookie(&server, "/api/v1/auth/token", &second).await);
    fresh.post("/api/v1/auth/checkAuth", json!({})).await.ok();

    // A token that was used before ends the session and takes the cookie away.
    let refused = post_with_cookie(&server, "/api/v1/auth/token", &first).await;
    assert_eq!(cookie(&refused), "");
    refused.refused(401);
    post_with_cookie(&server, "/api/v1/auth/token", &third).await.refused(401);
    fresh.post("/api/v1/auth/checkAuth", json!({})).await.refused(404);
    for junk in ["", "x", "a.b.c", ann.token.as_deref().unwrap()] {
        let refused = post_with_cookie(&server, "/api/v1/auth/token", junk).await;
        assert_eq!(cookie(&refused), "");
        refused.refused(401);
    }
    server.anonymous().post("/api/v1/auth/token", json!({})).await.refused(401);
}

async fn signed_in(server: &TestServer) -> (Person, String) {
    let answer = login(server, ANN, PASSWORD).await;
    let cookie = cookie(&answer);
    (server.anonymous().with_token(text(&answer.ok()["accessToken"])), cookie)
}

async fn sessions_are_listed_and_ended(server: TestServer) {
    let path = "/api/v2/users/me/sessions";
    let first = person(&server, ANN, "member").await;
    let other = person(&server, "bob@example.com", "member").await;
    let (second, second_cookie) = signed_in(&server).await;
    let (third, _) = signed_in(&server).await;
    let list = second.get(path).await.ok();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 3);
    assert_eq!(list.iter().filter(|session| session["isCurrent"] == true).count(), 1);
    assert_eq!(list[0]["ip"], "127.0.0.1");

    let of = |me: serde_json::Value| {
        let mine =
            me.as_array().unwrap().iter().find(|session| session["isCurrent"] == true).unwrap().clone();
        text(&mine["id"]).to_owned()
    };
    let id = of(third.get(path).await.ok());
    other.delete(&format!("{path}/{id}")).await.refused(404);
    second.delete(&format!("{path}/{id}")).await.ok();
    third.post("/api/v1/auth/checkAuth", json!({})).await.refused(404);
    second.delete(&format!("{path}/{id}")).await.refused(404);
    second.delete(&format!("{path}/nonsense")).await.refused(422);

    // Signing out ends the session of the cookie, and always succeeds.
    let out = post_with_cookie(&server, "/api/v1/auth/logout", &second_cookie).await;
    assert_eq!(cookie(&out), "");
    out.ok();
    second.get(path).await.refused(404);
    post_with_cookie(&server, "/api/v1/auth/logout", "junk").await.ok();
    server.anonymous().post("/api/v1/auth/logout", json!({})).await.ok();

    let (fourth, _) = signed_in(&server).await;
    fourth.delete(path).await.ok();
    for ended in [&first, &fourth] {
        ended.get(path).await.refused(404);
    }
    other.get(path).await.ok();
    let (fifth, _) = signed_in(&server).await;
    fifth.post("/api/v1/auth/logout", json!({})).await.ok();
    fifth.get(path).await.refused(404);
}

async fn a_session_is_opened_for_another_program(server: TestServer) {
    let ann = person(&server, ANN, "member").await;
    let opened = ann.post("/api/v2/users/me/sessions", json!({})).await.ok();
    let other = server.anonymous().with_token(text(&opened["token"]));
    let sessions = other.get("/api/v2/users/me/sessions").await.ok();
    assert_eq!(sessions.as_array().unwrap().len(), 2, "{sessions}");
    // It acts in the same organization, and lives on when the other one ends.
    ann.post("/api/v1/auth/logout", json!({})).await.ok();
    ann.post("/api/v1/auth/checkAuth", json!({})).await.refused(404);
    other.get("/api/v1/projects").await.ok();
    let refreshed = post_with_cookie(&server, "/api/v1/auth/token", text(&opened["refreshToken"])).await;
    assert_eq!(refreshed.ok()["organizationId"], server.org.to_string());
    server.admin.post("/api/v2/users/me/sessions", json!({})).await.refused(403);
}

async fn a_new_password_ends_the_other_sessions(server: TestServer) {
    let path = "/api/v2/users/me/password";
    let ann = person(&server, ANN, "member").await;
    let (other, other_cookie) = signed_in(&server).await;
    let body = |old: &str, new: &str| json!({ "oldPassword": old, "newPassword": new });
    assert_eq!(ann.post(path, body("wrong", "next")).await.refused(400), "Invalid password");
    let issue = ann.post(path, body(PASSWORD, " ")).await.refused(422);
    assert!(issue.contains("newPassword"), "{issue}");
    ann.post(path, body(PASSWORD, "next")).await.ok();
    ann.get("/api/v1/user").await.ok();
    other.get("/api/v1/user").await.refused(404);
    post_with_cookie(&server, "/api/v1/auth/token", &other_cookie).await.refused(401);
    login(&server, ANN, PASSWORD).await.refused(400);
    login(&server, ANN, "next").await.ok();
    server.admin.post(path, body("next", "x")).await.refused(403);
}

async fn tokens_and_sessions_expire(server: TestServer) {
    let day = 24 * 60 * 60;
    person(&server, ANN, "member").await;
    let (ann, first) = signed_in(&server).await;
    server.clock.advance_seconds(10 * day - 1);
    ann.get("/api/v1/user").await.ok();
    server.clock.advance_seconds(1);
    let answer = ann.get("/api/v1/user").await;
    assert_eq!(answer.body["error"], "TokenError");
    answer.refused(403);
    // A refresh lengthens the session.
    let refreshed = post_with_cookie(&server, "/api/v1/auth/token", &first).await;
    let second = cookie(&refreshed);
    server.clock.advance_seconds(90 * day - 1);
    let third = cookie(&post_with_cookie(&server, "/api/v1/auth/token", &second).await);
    server.clock.advance_seconds(90 * day);
    post_with_cookie(&server, "/api/v1/auth/token", &third).await.refused(401);
}

async fn profiles_are_read_and_renamed(server: TestServer) {
    let ann = person(&server, ANN, "member").await;
    for path in ["/api/v1/user", "/api/v2/users/me"] {
        let user = ann.get(path).await.ok();
        assert_eq!(user["user"]["email"], ANN);
        assert_eq!(user["user"]["id"], json!(ann.id));
    }
    let renamed = json!({ "firstName": " Anna ", "lastName": "Lee" });
    assert_eq!(ann.patch("/api/v2/users/me/name", renamed).await.ok()["user"]["firstName"], "Anna");
    for broken in [json!({}), json!({ "firstName": "" }), json!({ "firstName": "a\u{0}" })] {
        assert!(ann.patch("/api/v2/users/me/name", broken).await.refused(422).contains("firstName"));
    }
    assert_eq!(ann.get("/api/v1/user").await.ok()["user"]["lastName"], "Lee");
}

async fn cookies_are_secure_behind_https(server: TestServer) {
    person(&server, ANN, "member").await;
    let server = server
        .restart_with(|settings| "https://vouchsafe.example.com".clone_into(&mut settings.site_url))
        .await;
    let answer = login(&server, ANN, PASSWORD).await;
    assert!(answer.headers[SET_COOKIE].to_str().unwrap().ends_with("; Secure"));
}
