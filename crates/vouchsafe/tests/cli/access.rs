//! `vouchsafe access` from outside: what is asked, what is printed, and that refusals survive a normal stop.

use crate::harness::{World, field, text};

/// An identity that may read in `dev`, as an administrator made it.
struct Deployer {
    identity: String,
    token: String,
}

impl Deployer {
    fn make(world: &World) -> Self {
        let project = &world.project;
        let rules = r#"{"slug":"dev","name":"dev","permissions":[{"subject":"secrets","action":["readValue","describeSecret"],"conditions":{"environment":"dev"}}]}"#;
        world.post(&format!("/api/v1/projects/{project}/roles"), rules);
        let org = &world.organization;
        let identity = world.post(
            "/api/v1/identities",
            &format!(r#"{{"name":"deployer","organizationId":"{org}","role":"no-access"}}"#),
        );
        let identity = field(&identity["identity"]["id"]);
        let member = format!("/api/v2/workspace/{project}/identity-memberships/{identity}");
        world.post(&member, r#"{"role":"dev"}"#);
        world.post(&format!("/api/v1/auth/token-auth/identities/{identity}"), "{}");
        world.post(&format!("/api/v1/auth/jwt-auth/identities/{identity}"), JWT_AUTH);
        let token = world.post(&format!("/api/v1/auth/token-auth/identities/{identity}/tokens"), "{}");
        Self { identity, token: field(&token["accessToken"]) }
    }
}

/// JWT Auth of the identity: jobs of one issuer.
const JWT_AUTH: &str = r#"{"configurationType":"static","boundIssuer":"https://issuer.example","boundSubject":"job:*",
    "boundClaims":{},"publicKeys":["-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA8fIAhWnJsRYkvlOQjpOIPaN0OpIpNyNwGF6cANSKmhw=\n-----END PUBLIC KEY-----\n"]}"#;
/// `{"iss":"https://issuer.example","sub":"job:a"}`, and the same of somebody else; nobody signed them.
const JOB: &str = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoiam9iOmEifQ.AA";
const OTHER: &str = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoicGVyc29uIn0.AA";

const PROD: [&str; 6] = ["--on", "environment=prod", "--on", "secretPath=/", "--on", "secretName=KEY"];

#[test]
fn access_is_explained_listed_and_compared() {
    let world = World::new();
    let deployer = Deployer::make(&world);
    let (project, identity) = (&*world.project, &*deployer.identity);
    let explain = ["access", "explain", "readValue", "secrets", "--who", identity, "--project-id", project];
    let shown = world.told(&[&explain[..], &PROD].concat());
    assert!(
        shown.starts_with("no\ndeployer may not readValue on secrets where environment is 'prod'"),
        "{shown}"
    );
    assert!(
        shown.contains("OUTCOME") && shown.contains("does-not-apply (environment)  role dev, rule 0"),
        "{shown}"
    );
    let dev = ["--on", "environment=dev", "--on", "secretPath=/", "--on", "secretTags=a,b"];
    let shown = world.told_json(&[&explain[..], &dev].concat());
    assert_eq!((&shown["allowed"], &shown["decidedBy"]["source"]["slug"]), (&true.into(), &"dev".into()));
    assert!(world.told(&explain).starts_with("yes\n"), "somewhere");

    let who = ["access", "who-can", "readValue", "secrets", "--project-id", project];
    let shown = world.told(&[&who[..], &dev].concat());
    assert!(
        shown.starts_with("KIND") && shown.contains("deployer") && shown.contains("role dev, rule 0"),
        "{shown}"
    );
    let shown = world.told_json(&[&who[..], &PROD].concat());
    assert!(
        shown.as_array().is_some_and(|all| all.iter().all(|one| one["member"]["name"] != "deployer")),
        "{shown}"
    );
    let one = world.told_json(&[&who[..], &dev, &["--limit", "1"]].concat());
    assert_eq!(one.as_array().map(Vec::len), Some(1));

    let rules = r#"[{"subject":"secrets","action":"readValue","conditions":{"environment":"prod"}}]"#;
    std::fs::write(world.folder.path().join("rules.json"), rules).expect("written");
    let diff = ["access", "diff", "--role", "dev", "--rules", "rules.json", "--project-id", project];
    let shown = world.told(&diff);
    let gained = "deployer then may readValue on secrets where environment is 'prod'";
    assert!(shown.contains("identity deployer") && shown.contains(gained), "{shown}");
    let shown = world.told_json(&diff);
    assert_eq!(shown["members"][0]["gained"][0]["example"]["environment"], "prod");
    let body = format!(r#"{{"identityId":"{identity}","projectId":"{project}","permissions":[]}}"#);
    let privilege = world.post("/api/v2/identity-project-additional-privilege", &body);
    let privilege = privilege["privilege"]["id"].as_str().expect("an id");
    let diff = ["access", "diff", "--privilege", privilege, "--rules", "rules.json", "--project-id", project];
    let shown = world.told(&diff);
    assert!(shown.contains("the privilege gains:") && shown.contains(gained), "{shown}");
    let same = ["access", "diff", "--from", identity, "--to", identity, "--project-id", project];
    assert_eq!(world.told(&same), "no difference\n");

    for (arguments, message) in [
        (&["access", "explain", "readValue", "secrets", "--who", "nobody"][..], "`nobody` names nobody"),
        (&["access", "diff"], "give --role or --privilege with --rules"),
        (&["access", "who-can", "read", "role", "--on", "x"], "expected a name and a value"),
    ] {
        let said = world.refused(2, arguments);
        assert!(said.contains(message), "{said}");
    }
    for command in ["explain", "who-can", "diff", "denial"] {
        assert!(world.told(&["access", command, "--help"]).contains("Examples:"), "{command}");
    }
}

#[test]
fn a_refusal_can_be_looked_up_after_a_normal_stop() {
    let mut world = World::new();
    let deployer = Deployer::make(&world);
    let (project, identity) = (world.project.clone(), &*deployer.identity);
    let read = ["secrets", "get", "KEY", "--env", "prod", "--project-id", &project];
    let refused = world.output_as(&deployer.token, &read);
    // At once, before anything else can have written it down.
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(4), "{said}");
    let id = said.split("`vouchsafe access denial ").nth(1).and_then(|rest| rest.split('`').next());
    let id = id.unwrap_or_else(|| panic!("no id of the request: {said}"));

    world.restart();
    let shown = world.told(&["access", "denial", id]);
    assert!(shown.contains("allows describeSecret") || shown.contains("allows readValue"), "{shown}");
    assert!(
        shown.contains(&format!("identity {identity}")) && shown.contains("GET /api/v4/secrets/KEY"),
        "{shown}"
    );
    let shown = world.told_json(&["access", "denial", id]);
    assert_eq!((&shown["requestId"], &shown["projectId"]), (&id.into(), &project.into()));
    let list = world.told(&["access", "denial", "--of", identity]);
    assert!(list.starts_with("AT") && list.contains(id), "{list}");
    assert_eq!(world.told_json(&["access", "denial"]).as_array().map(Vec::len), Some(1));
    // Who was refused may not look.
    let output = world.output_as(&deployer.token, &["access", "denial", id]);
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn auth_methods_are_tried_out_and_samples_say_whom_they_would_become() {
    let world = World::new();
    let deployer = Deployer::make(&world);
    let identity = &*deployer.identity;
    let test = ["identity", "auth", "test", "--identity-id", identity, "--method", "jwt-auth"];
    assert_eq!(world.told(&test), "source default\n  ok      read the keys\n");
    assert_eq!(world.told_json(&test)["ok"], true);

    let file = world.folder.path().join("sample.jwt");
    let what_if = ["identity", "what-if", "--jwt-file", "sample.jwt"];
    std::fs::write(&file, JOB).expect("written");
    let shown = world.told(&what_if);
    assert!(shown.starts_with(&format!("would become deployer ({identity}) by jwt-auth")), "{shown}");
    assert_eq!(world.told_json(&what_if)["matches"][0]["identityId"], identity);
    std::fs::write(&file, OTHER).expect("written");
    let output = world.output_as(&world.admin, &what_if);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.starts_with("misses deployer") && shown.contains("(subject-mismatch)"), "{shown}");
    let output = world.output_as(&world.admin, &["identity", "what-if"]);
    assert_eq!(output.status.code(), Some(2));
}
