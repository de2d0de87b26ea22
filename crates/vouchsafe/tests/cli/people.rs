//! Help, completions, manual pages, and what people read when things go right and wrong.
//!
//! Snapshots are in `snapshots/`, one file for each top-level command. `INSTA_UPDATE=always cargo test -p vouchsafe
//! --test cli people` writes them anew; look at the difference before you commit it.

use std::fmt::Write as _;
use std::process::Output;

use tempfile::TempDir;

use crate::harness::{World, ended, run, text, vouchsafe};

/// The commands below one, as its help lists them.
pub(crate) fn commands_in(help: &str) -> Vec<String> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = list
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

pub(crate) fn help(folder: &TempDir, words: &[String]) -> String {
    let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
    arguments.push("--help");
    let output = run(folder.path(), &arguments);
    ended(&output, 0);
    text(&output.stdout)
}

/// The help of a command and of all below it.
fn all_help(folder: &TempDir, words: &[String]) -> String {
    let own = help(folder, words);
    let mut shown = format!("$ vouchsafe {} --help\n{own}\n", words.join(" "));
    for name in commands_in(&own) {
        shown += &all_help(folder, &[words, &[name]].concat());
    }
    shown
}

#[test]
fn help_is_as_it_was() {
    let folder = TempDir::new().expect("folder");
    let own = help(&folder, &[]);
    let names = commands_in(&own);
    assert!(names.len() > 10, "{names:?}");
    insta::assert_snapshot!("help", own);
    for name in names {
        let shown = all_help(&folder, std::slice::from_ref(&name));
        assert!(shown.contains("Example"), "{name} has no examples");
        insta::assert_snapshot!(format!("help-{name}"), shown);
    }
}

/// Takes out what differs from run to run.
struct Redacted<'a>(&'a World);

impl Redacted<'_> {
    fn of(&self, text: &str) -> String {
        let world = self.0;
        let folder = world.folder.path().display().to_string();
        let mut text = text.to_owned();
        for (found, name) in [
            (&*world.server.address, "SERVER"),
            (&*folder, "FOLDER"),
            (&*world.project, "PROJECT"),
            (&*world.organization, "ORGANIZATION"),
        ] {
            text = text.replace(found, name);
        }
        let named: String =
            text.split_inclusive(|c: char| c.is_whitespace() || "`\"(),;".contains(c)).map(word).collect();
        named.lines().map(|line| steady(line) + "\n").collect()
    }
}

/// A line without what depends on time, on the length of what was taken out, and on the operating system.
fn steady(line: &str) -> String {
    // What was made by the test itself is from now or from some seconds ago.
    let line = &line.replace("(now)", "(1 second ago)");
    let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
    // Columns are as wide as what is in them.
    let cells: Vec<&str> = rest.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    let joined = cells.join("  ");
    let words: Vec<&str> = joined.split(' ').collect();
    let is_unit =
        |word: &str| ["second", "minute", "hour", "day", "error"].iter().any(|unit| word.contains(unit));
    let steady = (0..words.len()).map(|at| {
        let beside = [at.checked_sub(1).map(|before| words[before]), words.get(at + 1).copied()];
        let number = words[at].trim_matches(|c: char| !c.is_ascii_digit());
        let is_counted = number.parse::<u64>().is_ok() && beside.into_iter().flatten().any(is_unit);
        let plural = words[at].replace("seconds", "second").replace("days", "day");
        if is_counted { words[at].replace(number, "N") } else { plural }
    });
    format!("{indent}{}", steady.collect::<Vec<_>>().join(" "))
}

/// A word, or what kind of thing it is.
fn word(with_end: &str) -> String {
    let word = with_end.trim_end_matches(|c: char| c.is_whitespace() || "`\"(),;".contains(c));
    let end = &with_end[word.len()..];
    let is_id = word.len() == 36 && word.matches('-').count() == 4;
    let is_time = word.len() == 24 && word.ends_with('Z') && word.contains('T');
    let kind = match word {
        _ if is_id => "ID",
        _ if is_time => "TIME",
        _ if word.starts_with("req-") => "REQUEST",
        _ if word.starts_with("ey") && word.contains('.') => "TOKEN",
        _ => word,
    };
    format!("{kind}{end}")
}

/// One run, as a person sees it.
fn seen(words: &[&str], output: &Output) -> String {
    let mut shown = format!("$ vouchsafe {}\n", words.join(" "));
    let _ = write!(shown, "{}", text(&output.stdout));
    for line in text(&output.stderr).lines() {
        let _ = writeln!(shown, "! {line}");
    }
    let _ = writeln!(shown, "exit code {}\n", output.status.code().unwrap_or(-1));
    shown
}

#[test]
fn what_people_read_is_as_it_was() {
    let world = World::new();
    let redacted = Redacted(&world);
    let project = &*world.project;
    let body =
        format!(r#"{{"workspaceId":"{project}","environment":"dev","secretPath":"/","secretValue":"it's"}}"#);
    world.post("/api/v3/secrets/raw/KEY", &body);
    let mut shown = String::new();
    let mut show =
        |token: &str, words: &[&str]| shown += &redacted.of(&seen(words, &world.output_as(token, words)));
    let (admin, nobody) = (&*world.admin, "");
    show(nobody, &["login", "status"]);
    show(nobody, &["login"]);
    show(nobody, &["secrets", "list", "--project-id", project]);
    show("nonsense", &["secrets", "list", "--project-id", project]);
    show(admin, &["login", "status"]);
    show(admin, &["secrets", "list"]);
    show(admin, &["init", "--project-id", project]);
    show(admin, &["secrets", "list"]);
    show(admin, &["secrets", "list", "--values"]);
    show(admin, &["secrets", "get", "KEY", "-o", "yaml"]);
    show(admin, &["secrets", "get", "NOT_HERE"]);
    show(admin, &["secrets", "list", "--env", "moon"]);
    show(admin, &["secrets", "list", "--api-url", "http://127.0.0.1:1"]);
    show(admin, &["secrets", "list", "--api-url", "nowhere"]);
    show(admin, &["token", "inspect"]);
    show("st.id.secret", &["token", "inspect"]);
    show(admin, &["access", "who-can", "create", "identity"]);
    show(admin, &["secrets"]);
    show(admin, &["secret"]);
    insta::assert_snapshot!("outputs", shown);
}

#[test]
fn slow_machines_see_the_same() {
    for line in ["issued  TIME (now)", "issued    TIME (1 second ago)", "issued  TIME (14 seconds ago)"] {
        assert_eq!(steady(line), "issued  TIME (N second ago)");
    }
    assert_eq!(steady("expires  TIME (in 1 day)"), "expires  TIME (in N day)");
}

#[test]
fn shells_and_manual_readers_get_what_they_need() {
    let folder = TempDir::new().expect("folder");
    // A settings file that makes no sense does not stop them.
    std::fs::write(folder.path().join("vouchsafe.toml"), "nonsense").expect("written");
    for (shell, has) in [
        ("bash", "complete -F _vouchsafe"),
        ("zsh", "#compdef vouchsafe"),
        ("fish", "complete -c vouchsafe"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let output = run(folder.path(), &["completions", shell]);
        ended(&output, 0);
        assert!(text(&output.stdout).contains(has), "{shell}");
        assert!(text(&output.stdout).contains("root-key"), "{shell}");
    }
    // Bash itself reads the script and completes.
    let script = "source <(\"$0\" completions bash); COMP_WORDS=(vouchsafe secrets ''); COMP_CWORD=2; \
        _vouchsafe vouchsafe '' secrets; echo \"${COMPREPLY[*]}\"";
    let program = vouchsafe(folder.path(), &[]).get_program().to_owned();
    let bash = std::process::Command::new("bash").args(["-c", script]).arg(program).output().expect("bash");
    let completed = text(&bash.stdout);
    assert!(completed.contains("get") && completed.contains("list"), "{completed}{}", text(&bash.stderr));

    let page = run(folder.path(), &["man", "secrets", "get"]);
    ended(&page, 0);
    let page = text(&page.stdout);
    assert!(page.contains(".TH") && page.contains("secrets") && page.contains("Examples"), "{page}");
    ended(&run(folder.path(), &["man", "nothing"]), 2);
    ended(&run(folder.path(), &["man", "--dir", "pages"]), 0);
    let mut words = vec![vec![]];
    let mut pages = 0;
    while let Some(command) = words.pop() {
        for name in commands_in(&help(&folder, &command)) {
            words.push([&command[..], &[name]].concat());
        }
        let name = std::iter::once("vouchsafe")
            .chain(command.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join("-");
        let page = std::fs::read_to_string(folder.path().join(format!("pages/{name}.1")));
        assert!(page.is_ok_and(|page| page.contains(".SH")), "{name}.1 is missing");
        pages += 1;
    }
    assert!(pages > 20, "{pages}");
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    use crate::terminal::Terminal;
    let folder = TempDir::new().expect("folder");
    let failing = |variables: &[(&str, &str)]| {
        let mut command = vouchsafe(folder.path(), &["logout", "--api-url", "nowhere"]);
        command.env("TERM", "xterm").envs(variables.iter().copied());
        let (code, seen) = Terminal::start(&command).end();
        assert_eq!(code, Some(2), "{seen}");
        seen.contains("\u{1b}[")
    };
    assert!(failing(&[]));
    assert!(!failing(&[("NO_COLOR", "1")]));
    assert!(!failing(&[("TERM", "dumb")]));
    let piped = run(folder.path(), &["logout", "--api-url", "nowhere"]);
    assert!(!ended(&piped, 2).contains('\u{1b}'));
}
