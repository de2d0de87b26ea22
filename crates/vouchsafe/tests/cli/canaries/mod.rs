//! Canaries: values, tokens, passwords and client secrets that are known, in the server, in files, in variables and as input
//! of every command; and none of them comes out where it should not.
//!
//! The list of commands is that of the help, so a command without a case fails the test.

mod cases;
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;

use crate::harness::run;
use crate::people::{commands_in, help};

use cases::{CASES, MISTAKES, Prints};
use stage::{Stage, VALUE};

/// Every command that does something, with its help.
fn commands(stage: &Stage) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(words) = open.pop() {
        let shown = help(&stage.world.folder, &words);
        let below = commands_in(&shown);
        open.extend(below.iter().map(|name| [&words[..], std::slice::from_ref(name)].concat()));
        if !shown.lines().any(|line| line.starts_with("Usage: ") && line.ends_with("<COMMAND>")) {
            found.insert(words.join(" "), shown);
        }
    }
    found
}

#[test]
fn no_command_lets_a_secret_out() {
    let stage = Stage::new();
    let commands = commands(&stage);
    let with_case: BTreeSet<&str> = CASES.iter().map(|case| case.command).collect();
    let all: BTreeSet<&str> = commands.keys().map(String::as_str).collect();
    assert_eq!(with_case, all, "left: commands with a case in cases.rs; right: commands that there are");

    let mut codes: BTreeMap<(&str, Option<i32>), usize> = BTreeMap::new();
    for case in CASES {
        let help = &commands[case.command];
        let output = stage.run(case, &[], &[]);
        if output.status.code() != Some(case.code) {
            stage.problem(format!("{} ended otherwise: {output:?}", case.command));
        }
        if help.contains("--output <FORMAT>") {
            stage.run(case, &["-o", "json"], &[]);
        }
        for (name, more, variables) in [
            ("the server is away", &[][..], &[("VOUCHSAFE_API_URL", "http://127.0.0.1:1")]),
            ("another token", &[], &[("VOUCHSAFE_TOKEN", "canary-sweep-wrong-token")]),
            (
                "a password in the address",
                &[],
                &[("VOUCHSAFE_API_URL", "http://a:canary-sweep-url@127.0.0.1:1")],
            ),
            ("a flag that is none", &["--no-such-flag"], &[("VOUCHSAFE_X", "")]),
            ("broken settings", &["--config", "broken.toml"], &[("VOUCHSAFE_X", "")]),
        ] {
            let output = stage.fail(case, more, variables);
            *codes.entry((name, output.status.code())).or_default() += 1;
        }
    }
    // The failures are those that are meant.
    let count = |name, code| codes.get(&(name, Some(code))).copied().unwrap_or_default();
    assert!(count("the server is away", 6) > 60, "{codes:?}");
    assert!(count("another token", 3) > 60, "{codes:?}");
    assert!(count("a password in the address", 2) > 60, "{codes:?}");
    assert!(count("a flag that is none", 2) > 80, "{codes:?}");
    assert!(count("broken settings", 2) > 60, "{codes:?}");

    for (line, input) in MISTAKES {
        let output = stage.mistake(line, input);
        if output.status.success() {
            stage.problem(format!("{line} works"));
        }
    }
    stage.processes_were_seen();
    stage.the_logs_are_clean();
    stage.only_these_files_hold_secrets();
    let problems = stage.problems.take();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// The sweep finds what it looks for: each place where a secret may come out is looked at.
#[test]
fn a_secret_that_comes_out_is_found() {
    let stage = Stage::new();
    let canary = VALUE;
    let output = |out: &str, err: &str| Output {
        status: run(stage.world.folder.path(), &["--version"]).status,
        stdout: out.into(),
        stderr: err.into(),
    };
    let found = |prints, out: &str, err: &str| stage.leak(prints, &output(out, err), &[]);
    assert_eq!(found(Prints::Nothing, "fine", "fine"), None);
    assert!(found(Prints::Nothing, &format!("x{canary}x"), "").is_some());
    assert!(found(Prints::Nothing, "", &format!("error: `{canary}`")).is_some());
    assert_eq!(found(Prints::Values, canary, ""), None);
    assert!(found(Prints::Values, "", canary).is_some());
    for prints in [Prints::Nothing, Prints::Values] {
        assert!(found(prints, &stage.world.admin, "").is_some());
        assert!(found(prints, "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJ4In0.AA", "").is_some(), "a new token");
    }
    assert_eq!(found(Prints::New, "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJ4In0.AA", ""), None);
    assert!(found(Prints::New, &stage.world.admin, "").is_some());
    assert!(found(Prints::New, "", "thread 'main' panicked at").is_some());
}
