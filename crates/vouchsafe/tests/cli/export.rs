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
