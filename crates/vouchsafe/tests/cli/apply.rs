//! Plan and apply over declarative files.

use std::process::Output;

use serde_json::Value;

use crate::harness::{World, ended, field, text};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli/example");

/// A world with a folder for files.
fn world() -> World {
    let world = World::new();
    std::fs::create_dir(world.folder.path().join("access")).expect("folder");
    world
}

fn write(world: &World, name: &str, content: &str) {
    std::fs::write(world.folder.path().join("access").join(name), content).expect("writes");
}

/// Applies the files as this identity.
fn applied_as(world: &World, token: &str, more: &[&str]) -> Output {
    let arguments = [&["apply", "-f", "access"], more].concat();
    let mut command = world.command(&arguments);
    command.env("VOUCHSAFE_TOKEN", token).env("REVIEWER_TOKEN", "canary-reviewer-1");
    command.output().expect("runs")
}

/// What is shown and said by a run that goes well.
fn applied(world: &World, more: &[&str]) -> (String, String) {
    let output = applied_as(world, &world.admin, more);
    let said = ended(&output, 0);
    (text(&output.stdout), said)
}

/// Applies, and sees that a second run finds nothing to do.
fn settles(world: &World) -> String {
    let (shown, _) = applied(world, &[]);
    let (again, said) = applied(world, &["--dry-run", "--exit-code"]);
    assert_eq!(again, "", "a second run differs after {shown}");
    assert!(said.contains("nothing differs"), "{said}");
    shown
}

const FIRST: &str = "\
kind: org-role
slug: auditor
name: Auditor
permissions:
  - subject: identity
    action: read
---
kind: identity
name: ci
role: auditor
metadata: {team: build}
auth:
  universal-auth:
    accessTokenTTL: 1h
    accessTokenTrustedIps: [10.1.2.3/8, '::/0']
---
kind: project-role
project: PROJECT
slug: deployer
name: Deployer
permissions:
  - {subject: secrets, action: [readValue, describeSecret], inverted: false}
---
kind: project-member
project: PROJECT
identity: ci
roles: [viewer, deployer]
";

fn first(world: &World) -> String {
    let project = world.call("GET", &format!("/api/v1/projects/{}", world.project), "{}");
    FIRST.replace("PROJECT", project["project"]["slug"].as_str().expect("slug"))
}

#[test]
fn the_first_run_makes_everything_and_later_ones_only_what_differs() {
    let world = world();
    let files = first(&world);
    write(&world, "all.yaml", &files);
    let output = applied_as(&world, &world.admin, &["--dry-run", "--exit-code"]);
    let said = ended(&output, 7);
    assert!(said.contains("5 to make, 0 to change"), "{said}");
    let shown = settles(&world);
    assert!(shown.contains("+ identity ci\n+     role: auditor\n"), "{shown}");
    assert!(shown.contains("+     accessTokenTTL: 3600"), "{shown}");

    let files = files
        .replace("accessTokenTTL: 1h", "accessTokenTTL: 1800")
        .replace("[viewer, deployer]", "[deployer]");
    write(&world, "all.yaml", &files);
    let (shown, _) = applied(&world, &["--dry-run"]);
    assert!(shown.contains("~     accessTokenTTL: 3600 → 1800\n"), "{shown}");
    assert!(shown.contains("-         {\"role\":\"viewer\"}\n"), "{shown}");
    let told = applied(&world, &["-o", "json"]).0;
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((&told["applied"], &told["unchanged"]), (&true.into(), &3.into()));
    let steps = told["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 2, "{told}");
    assert_eq!(steps[0]["fields"].as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(settles(&world), "");
}

#[test]
fn the_example_of_the_guide_can_be_applied() {
    let world = World::new();
    let run = |more: &[&str], token: &str| {
        let mut command = world.command(&[&["apply", "-f", EXAMPLE], more].concat());
        command.env("VOUCHSAFE_TOKEN", &world.admin).env("REVIEWER_TOKEN", token).output().expect("runs")
    };
    let output = run(&[], "canary-1");
    let said = ended(&output, 0);
    assert!(said.contains("made project payments (1 of "), "{said}");
    let output = run(&[], "canary-1");
    let said = ended(&output, 0);
    assert_eq!(text(&output.stdout), "", "{said}");
    let output = run(&["--dry-run"], "canary-2");
    let said = ended(&output, 0);
    let shown = text(&output.stdout);
    assert!(shown.contains("tokenReviewerJwt: (secret, differs"), "{shown}");
    assert!(!shown.contains("canary") && !said.contains("canary"), "{shown}{said}");
    let output = run(&["-o", "json"], "canary-2");
    ended(&output, 0);
    assert!(!text(&output.stdout).contains("canary"));
    assert_eq!(text(&run(&[], "canary-2").stdout), "");
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_nothing_is_sent() {
    let world = world();
    let files = first(&world).replace("roles: [viewer, deployer]", "roles: [viewer, missing]");
    write(&world, "a.yaml", &files);
    let said = ended(&applied_as(&world, &world.admin, &[]), 2);
    assert!(said.contains("access/a.yaml:") && said.contains("role missing of project"), "{said}");

    write(
        &world,
        "b.yaml",
        "kind: identity\nname: x\nrole: [1]\ncolour: red\nauth:\n  oidc-auth:\n    accessTokenTTL: soon\n  magic: {}\n\
         ---\nkind: thing\n---\nkind: identity\nname: ci\nauth:\n  ldap-auth: {url: 'ldaps://d', bindPass: canary}\n",
    );
    let said = ended(&applied_as(&world, &world.admin, &[]), 2);
    for problem in [
        "b.yaml:3: `role`: expected a text, found a list",
        "b.yaml:4: unknown field `colour`",
        "b.yaml:7: `auth.oidc-auth.accessTokenTTL`: expected seconds",
        "`auth.oidc-auth.oidcDiscoveryUrl`: is missing",
        "b.yaml:8: `auth`: unknown auth method `magic`",
        "unknown kind `thing`",
        "the identity ci is declared twice, first in access/a.yaml:",
        "b.yaml:15: `auth.ldap-auth.bindPass`: expected fromEnv",
    ] {
        assert!(said.contains(problem), "no {problem:?} in {said}");
    }
    assert!(!said.contains("canary"), "{said}");
    let found = world.post("/api/v1/identities/search", r#"{"search":{"name":"ci"}}"#);
    assert_eq!(found["totalCount"], 0, "{found}");
}

/// The token of an identity that may read, and make identities, but not set up how they log in.
fn maker(world: &World) -> String {
    let role = r#"{"slug":"maker","name":"Maker","permissions":[{"subject":"role","action":["read"]},
        {"subject":"identity","action":["read","create"]}]}"#;
    assert_eq!(world.post("/api/v1/organization/roles", role)["role"]["slug"], "maker");
    let organization = &world.organization;
    let identity = format!(r#"{{"name":"maker","organizationId":"{organization}","role":"maker"}}"#);
    let id = field(&world.post("/api/v1/identities", &identity)["identity"]["id"]);
    world.post(&format!("/api/v1/auth/token-auth/identities/{id}"), "{}");
    field(&world.post(&format!("/api/v1/auth/token-auth/identities/{id}/tokens"), "{}")["accessToken"])
}

#[test]
fn a_run_that_is_refused_half_way_is_completed_by_the_next() {
    let world = world();
    let maker = maker(&world);
    write(&world, "all.yaml", "kind: identity\nname: ci\nauth: {universal-auth: {accessTokenTTL: 1h}}\n");
    let output = applied_as(&world, &maker, &[]);
    let said = ended(&output, 4);
    assert!(said.contains("made identity ci (1 of 2)"), "{said}");
    assert!(
        said.contains("cannot make the universal-auth of identity ci; 1 of 2 steps were taken"),
        "{said}"
    );
    assert!(said.contains("not done: universal-auth of identity ci"), "{said}");
    let shown = settles(&world);
    assert!(shown.starts_with("+ universal-auth of identity ci\n"), "{shown}");
}

/// Files that fields name. The certificate is of a CA whose key was thrown away, and good for a hundred years.
const NAMED: [(&str, &str); 3] = [
    ("ca.pem", include_str!("apply_files/ca.pem")),
    ("jwks.txt", include_str!("apply_files/jwks.json")),
    ("key.pem", include_str!("apply_files/pub.pem")),
];

const METHODS: &str = "\
kind: identity
name: all
auth:
  universal-auth: {lockoutDurationSeconds: 5m, roles: [viewer], accessTokenPeriod: 0}
  token-auth:
  kubernetes-auth:
    kubernetesHost: https://kubernetes.example.com
    allowedNamespaces: 'b, a'
    issuer: https://issuer.example.com
  aws-auth: {allowedPrincipalArns: ['arn:aws:iam::123456789012:role/b', 'arn:aws:iam::123456789012:role/a']}
  azure-auth: {tenantId: 3f2504e0-4f89-11d3-9a0c-0305e82c3301, resource: 'api://vouchsafe'}
  gcp-auth: {type: gce, allowedZones: [b, a]}
  oidc-auth:
    oidcDiscoveryUrl: https://issuer.example.com
    boundIssuer: https://issuer.example.com
    boundClaims: {ref: [main, 'release/*'], protected: true}
    claimMetadataMapping: {ref: ref}
    allowedAlgorithms: [RS256, ES256]
  jwt-auth: {configurationType: jwks, jwksUrl: 'https://issuer.example.com/jwks', boundSubject: app}
  tls-cert-auth:
    caCertificate: {fromFile: ca.pem}
    allowedCommonNames: [b, a]
    allowedSubjectAltNames: ['DNS:b.example', 'DNS:a.example']
  spiffe-auth:
    trustDomain: example.org
    allowedSpiffeIds: ['spiffe://example.org/b', 'spiffe://example.org/a']
    allowedAudiences: vouchsafe
    trustBundleDistribution: {profile: static, bundle: {fromFile: jwks.txt}}
  oci-auth: {tenancyOcid: ocid1.tenancy.oc1..aaaa, allowedUsernames: [b, a]}
  alicloud-auth: {allowedArns: ['acs:ram::1234567890123456:user/b', 'acs:ram::1234567890123456:user/a']}
";

#[test]
fn no_auth_method_differs_after_it_was_applied() {
    let world = world();
    for (name, content) in NAMED {
        write(&world, name, content);
    }
    write(&world, "all.yaml", METHODS);
    let shown = settles(&world);
    for method in [
        "universal",
        "token",
        "kubernetes",
        "aws",
        "azure",
        "gcp",
        "oidc",
        "jwt",
        "tls-cert",
        "spiffe",
        "oci",
        "alicloud",
    ] {
        assert!(shown.contains(&format!("+ {method}-auth of identity all\n")), "{shown}");
    }
    // A change of one field leaves the others as they are, also where the server would empty them.
    write(
        &world,
        "all.yaml",
        &METHODS
            .replace("type: gce", "type: gce, accessTokenTTL: 1h")
            .replace("aws-auth: {", "aws-auth: {oneTimeRequests: true, "),
    );
    let (shown, _) = applied(&world, &["--dry-run"]);
    assert_eq!(shown.lines().count(), 4, "{shown}");
    settles(&world);
}

#[test]
fn what_files_hold_as_keys_of_jwts_may_be_in_others() {
    let world = world();
    write(&world, "key.pem", NAMED[2].1);
    let files = "kind: identity\nname: a\nauth:\n  jwt-auth: {configurationType: static, publicKeys: [{fromFile: key.pem}]}\n";
    write(&world, "a.yaml", files);
    assert!(settles(&world).contains("+ jwt-auth of identity a"));
    write(&world, "a.yaml", &files.replace("key.pem", "../../none.pem"));
    let said = ended(&applied_as(&world, &world.admin, &[]), 2);
    assert!(said.contains("a.yaml:4: `auth.jwt-auth.publicKeys`: cannot read"), "{said}");
}
