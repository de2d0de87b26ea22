//! Plan and apply over declarative files.

use std::process::Output;

use serde_json::Value;

use crate::harness::{World, ended, text};

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

    let files = files.replace("accessTokenTTL: 1h", "accessTokenTTL: 1800").replace("[viewer, deployer]", "[deployer]");
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
