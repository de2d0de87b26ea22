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

const SOURCES: &str = "\
kind: identity
name: web
auth:
  gcp-auth:
    type: iam
    allowedServiceAccounts: app@one.iam.gserviceaccount.com
    sources:
      second: {type: gce, allowedProjects: two, roles: [viewer]}
      third: {type: gce, allowedProjects: three}
";

#[test]
fn further_sources_of_a_method_are_made_compared_and_changed() {
    let world = world();
    write(&world, "web.yaml", SOURCES);
    let shown = settles(&world);
    assert!(shown.contains("+ source second of gcp-auth of identity web\n"), "{shown}");
    write(&world, "web.yaml", &SOURCES.replace("allowedProjects: three", "allowedProjects: [three, four]"));
    let (shown, _) = applied(&world, &["--dry-run"]);
    assert!(shown.starts_with("~ source third of gcp-auth of identity web\n"), "{shown}");
    settles(&world);
    for (wrong, said) in [
        (SOURCES.replace("third:", "default:"), "is the name of the fields beside `sources`"),
        (
            SOURCES.replace("allowedProjects: three", "allowedProject: three"),
            "unknown field `auth.gcp-auth.sources.third.allowedProject`",
        ),
        (
            "kind: identity\nname: web\nauth: {universal-auth: {sources: {}}}\n".to_owned(),
            "has no further sources",
        ),
    ] {
        write(&world, "web.yaml", &wrong);
        let found = ended(&applied_as(&world, &world.admin, &[]), 2);
        assert!(found.contains(said), "{found}");
    }
}

/// With what is kept between runs.
const KEPT: [&str; 2] = ["--inventory", "kept.json"];

#[test]
fn what_earlier_runs_made_is_removed_once_no_file_has_it_and_nothing_else_is() {
    let world = world();
    // Of the same kinds, and made by others.
    world.told(&["identity", "create", "theirs"]);
    world.told(&["member", "add", "theirs", "--project-id", "p", "--role", "viewer"]);
    let files = first(&world);
    write(&world, "all.yaml", &files);
    write(&world, "web.yaml", SOURCES);
    let theirs = "---\nkind: identity\nname: theirs\n";
    write(&world, "theirs.yaml", theirs);
    applied(&world, &KEPT);
    let pruned = |more: &[&str]| applied(&world, &[&KEPT[..], &["--prune"], more].concat());
    assert!(pruned(&[]).1.contains("nothing differs"), "no question is asked when nothing is to be removed");

    // One role, one source and one identity less; and what others made is not declared any more either.
    let (start, _) = files.split_once("---\nkind: project-member").expect("a member");
    write(&world, "all.yaml", &start.replace("name: ci\nrole: auditor", "name: other\nrole: no-access"));
    write(&world, "web.yaml", SOURCES.split_once("      third").expect("a source").0);
    std::fs::remove_file(world.folder.path().join("access/theirs.yaml")).expect("removed");
    let (shown, said) = applied(&world, &KEPT);
    assert!(!shown.lines().any(|line| line.starts_with('-')), "{shown}");
    assert!(said.contains("2 objects are of earlier runs and in no file any more"), "{said}");

    let output =
        applied_as(&world, &world.admin, &[&KEPT[..], &["--prune", "--dry-run", "--exit-code"]].concat());
    ended(&output, 7);
    let shown = text(&output.stdout);
    assert_eq!(shown, "- source third of gcp-auth of identity web\n- identity ci\n");
    let said = ended(&applied_as(&world, &world.admin, &[&KEPT[..], &["--prune"]].concat()), 2);
    assert!(said.contains("add --yes"), "{said}");
    let (_, said) = pruned(&["--yes"]);
    assert!(said.contains("removed identity ci (2 of 2)"), "{said}");
    assert!(pruned(&[]).1.contains("nothing differs"));

    // The role that it had goes by itself, as nobody has it any more.
    write(&world, "all.yaml", "kind: identity\nname: other\nauth: {universal-auth: {accessTokenTTL: 1h}}\n");
    let (shown, _) = pruned(&["--yes"]);
    assert!(shown.contains("- role deployer of project"), "{shown}");
    assert!(shown.contains("- role auditor of the organization\n"), "{shown}");
    let names = world.told(&["identity", "list"]);
    assert!(names.contains("theirs") && names.contains("other") && !names.contains(" ci "), "{names}");
}

#[test]
fn what_only_has_the_name_of_something_that_was_made_is_not_removed() {
    let world = world();
    write(&world, "a.yaml", "kind: identity\nname: app\n---\nkind: identity\nname: stays\n");
    applied(&world, &KEPT);
    world.told(&["identity", "delete", "app", "--yes"]);
    world.told(&["identity", "create", "app"]);
    write(&world, "a.yaml", "kind: identity\nname: stays\n");
    let (shown, said) = applied(&world, &[&KEPT[..], &["--prune"]].concat());
    assert!(shown.is_empty() && said.contains("nothing differs"), "{shown}{said}");
    let kept = std::fs::read_to_string(world.folder.path().join("kept.json")).expect("an inventory");
    assert!(kept.contains("stays") && !kept.contains("\"app\""), "{kept}");

    std::fs::write(world.folder.path().join("kept.json"), kept.replace("identity", "planet"))
        .expect("written");
    let said = ended(&applied_as(&world, &world.admin, &KEPT), 2);
    assert!(said.contains("`--inventory`: kept.json: no object is `planet`"), "{said}");
    let said = ended(&applied_as(&world, &world.admin, &["--prune"]), 2);
    assert!(said.contains("--inventory"), "{said}");
}
