//! Exporting secrets.

use std::process::Command;

use crate::harness::{World, ended, text};
use crate::secrets::in_project;

/// Values with everything that servers keep.
const VALUES: [(&str, &str); 5] = [
    ("LINES", "one\ntwo \"q\"\n"),
    ("QUOTE", "it's $HOME `id` \\n #no"),
    ("SIGNS", "=:,;{}[]*&!%@~|<>?"),
    ("UNICODE", "é 語 🔑"),
    ("EMPTY", ""),
];

fn filled() -> World {
    let world = in_project();
    let arguments: Vec<String> = VALUES.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut all = vec!["secrets", "set"];
    all.extend(arguments.iter().map(String::as_str));
    world.told(&all);
    world
}

#[test]
fn what_is_exported_comes_back_through_its_readers() {
    let world = filled();
    let place = world.folder.path();
    for format in ["dotenv", "dotenv-export", "shell"] {
        let name = format!("{format}.env");
        world.told(&["export", "--expand=false", "--format", format, "--output-file", &name]);
        let script =
            format!(". ./{name} && printf '%s\\0' \"$LINES\" \"$QUOTE\" \"$SIGNS\" \"$UNICODE\" \"$EMPTY\"");
        let shell = Command::new("sh").args(["-c", &script]).current_dir(place).output().expect("sh");
        let want: String = VALUES.iter().flat_map(|(_, value)| [*value, "\0"]).collect();
        assert_eq!(text(&shell.stdout), want, "{format}");
        // Into another environment, and nothing differs.
        world.told(&["secrets", "import", &name, "--yes", "--env", "prod"]);
        assert_eq!(world.told(&["secrets", "diff", "--to-env", "prod", "--expand=false"]), "", "{format}");
    }
    world.told(&["export", "--expand=false", "--format", "YAML", "-o", "all.yaml"]);
    world.told(&["secrets", "import", "all.yaml", "--yes", "--env", "staging"]);
    assert_eq!(world.told(&["secrets", "diff", "--to-env", "staging", "--expand=false"]), "");

    let json: serde_json::Value =
        serde_json::from_str(&world.told(&["export", "--format", "json", "--expand=false"])).expect("JSON");
    for (name, value) in VALUES {
        let row = json.as_array().expect("list").iter().find(|row| row["key"] == name).expect(name);
        assert_eq!(row["value"], value);
    }
    let csv = world.told(&["export", "--format", "csv", "--expand=false"]);
    assert!(csv.starts_with("Key,Value\nEMPTY,\nLINES,\"one\ntwo \"\"q\"\"\n\"\n"), "{csv}");
    let manifest =
        world.told(&["export", "-f", "k8s-secret", "--k8-secret-namespace", "ns", "--expand=false"]);
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!((&manifest["kind"], &manifest["data"]["EMPTY"]), (&"Secret".into(), &"".into()));
    assert_eq!(manifest["metadata"]["namespace"], "ns");
}

#[test]
fn files_are_whole_and_private() {
    use std::os::unix::fs::PermissionsExt;
    let world = filled();
    let place = world.folder.path();
    std::fs::write(place.join("out.json"), "old").expect("written");
    std::fs::set_permissions(place.join("out.json"), std::fs::Permissions::from_mode(0o644)).expect("mode");
    world.told(&["export", "-f", "json", "-o", "out.json"]);
    std::fs::create_dir(place.join("folder")).expect("folder");
    world.told(&["export", "-o", "folder"]);
    for file in ["out.json", "folder/.env"] {
        let about = std::fs::metadata(place.join(file)).expect(file);
        assert_eq!(about.permissions().mode() & 0o777, 0o600, "{file}");
        assert!(about.len() > 50, "{file}");
    }
    let said = world.refused(1, &["export", "-o", "missing/out.env"]);
    assert!(said.contains("cannot write missing/out.env"), "{said}");

    // What cannot be written leaves the old file alone, and prints nothing.
    world.told(&["secrets", "set", "with-dash=canary"]);
    let before = std::fs::read(place.join("folder/.env")).expect("reads");
    let output = world.output_as(&world.admin, &["export", "-o", "folder"]);
    let said = ended(&output, 1);
    assert!(said.contains("`with-dash`") && !said.contains("canary"), "{said}");
    assert_eq!(std::fs::read(place.join("folder/.env")).expect("reads"), before);
    assert_eq!(text(&world.output_as(&world.admin, &["export"]).stdout), "");
    let names: Vec<_> = std::fs::read_dir(place.join("folder")).expect("reads").collect();
    assert_eq!(names.len(), 1, "no draft is left behind");
}

#[test]
fn ten_thousand_large_secrets_are_exported() {
    let world = in_project();
    let value = "x".repeat(1000);
    let lines: Vec<String> = (0..10_000).map(|number| format!("S_{number:05}={value}{number}\n")).collect();
    let lines = lines.concat();
    std::fs::write(world.folder.path().join("many.env"), &lines).expect("written");
    world.told(&["secrets", "set", "--file", "many.env"]);
    let exported = world.told(&["export", "--format", "shell"]);
    assert!(exported.len() > 8 << 20, "more than a usual answer may hold");
    assert_eq!(exported.replace("export ", ""), lines);
    // More than one environment can hold.
    let said = world.refused(126, &["run", "--", "true"]);
    assert!(said.contains("more than an environment can hold"), "{said}");
}

#[test]
fn a_template_says_what_is_exported() {
    let world = filled();
    let place = world.folder.path();
    world.told(&["secrets", "set", "--env", "prod", "OTHER=from prod"]);
    let template = format!(
        "# {{{{ len . }}}} secrets\n{{{{- range . }}}}\n{{{{ .Key }}}} = {{{{ .Value | quote }}}}\n{{{{- end }}}}\n\
         {{{{ (getSecretByName \"{}\" \"prod\" \"/\" \"OTHER\").Value }}}}\n",
        world.project
    );
    std::fs::write(place.join("app.tpl"), &template).expect("written");
    let want = "# 5 secrets\nEMPTY = \"\"\nLINES = \"one\\ntwo \\\"q\\\"\\n\"\n\
                QUOTE = \"it's $HOME `id` \\\\n #no\"\nSIGNS = \"=:,;{}[]*&!%@~|<>?\"\n\
                UNICODE = \"é 語 🔑\"\nfrom prod\n";
    let export = ["export", "--expand=false", "--template"];
    assert_eq!(world.told(&[&export[..], &["app.tpl"]].concat()), want);
    let mut piped = world.command(&[&export[..], &["-", "-o", "app.conf"]].concat());
    piped
        .env("VOUCHSAFE_TOKEN", &world.admin)
        .stdin(std::fs::File::open(place.join("app.tpl")).expect("opens"));
    ended(&piped.output().expect("runs"), 0);
    assert_eq!(std::fs::read_to_string(place.join("app.conf")).expect("reads"), want);

    // Which secrets they are is said by the flags, as with a format.
    std::fs::write(place.join("names.tpl"), "{{range .}}{{.Key}}{{end}}").expect("written");
    assert_eq!(world.told(&["export", "--template", "names.tpl", "--env", "prod"]), "OTHER");
}

#[test]
fn a_template_that_fails_says_where_and_prints_nothing() {
    let world = filled();
    let place = world.folder.path();
    world.told(&["secrets", "set", "CANARY=canary"]);
    let project = &world.project;
    for (template, code, says) in [
        ("a\n{{range .}}\n".to_owned(), 1, "template: bad.tpl:"),
        ("a\n{{range .}}{{.Value}}\n{{.Nope}}{{end}}".to_owned(), 1, "template: bad.tpl:3: "),
        ("{{range .}}{{.Value}}\n\n\n{{index .Value \"x\"}}{{end}}".to_owned(), 1, "template: bad.tpl:4: "),
        (
            format!("{{{{getSecretByName \"{project}\" \"dev\" \"/\" \"NOPE\"}}}}"),
            5,
            "secret NOPE of / in dev",
        ),
        (format!("{{{{listSecrets \"{project}\" \"moon\" \"/\"}}}}"), 5, "secrets of / in moon"),
        ("x".repeat((1 << 20) + 1), 1, "bad.tpl is larger than 1 MiB"),
    ] {
        std::fs::write(place.join("bad.tpl"), &template).expect("written");
        std::fs::write(place.join("out"), "old").expect("written");
        let output = world.output_as(&world.admin, &["export", "--template", "bad.tpl", "-o", "out"]);
        let said = ended(&output, code);
        assert!(said.contains(says) && !said.contains("canary"), "{said}");
        assert_eq!(text(&output.stdout), "");
        assert_eq!(std::fs::read_to_string(place.join("out")).expect("reads"), "old");
    }
    assert!(world.refused(1, &["export", "--template", "gone.tpl"]).contains("cannot read gone.tpl"));
    std::fs::write(place.join("good.tpl"), "x").expect("written");
    let said = world.refused(2, &["export", "--template", "good.tpl", "-o", "."]);
    assert!(said.contains("expected the name of a file"), "{said}");
    for more in [["--format", "json"], ["--k8-secret-name", "x"]] {
        let said = world.refused(2, &[&["export", "--template", "good.tpl"], &more[..]].concat());
        assert!(said.contains("cannot be used with"), "{said}");
    }
}
