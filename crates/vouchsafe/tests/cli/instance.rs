//! Serving: quickstart, server, bootstrap, root keys, settings; and reading secrets.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::harness::{Serving, ended, run, text, vouchsafe};

fn bootstrap<'a>(address: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["bootstrap", "--api-url", address, "--email", "ann@example.com"];
    arguments.extend(["--password", "correct horse", "--organization", "Acme"]);
    arguments.extend(more);
    arguments
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).expect("is there").permissions().mode() & 0o777
}

#[test]
fn quickstart_works_and_goes_on_from_what_is_there() {
    let folder = TempDir::new().expect("folder");
    let arguments = ["quickstart", "--once", "--listen", "127.0.0.1:0"];
    let first = run(folder.path(), &arguments);
    ended(&first, 0);
    let shown = text(&first.stdout);
    assert!(shown.contains("→ Hello from Vouchsafe") && shown.contains("(shown only now)"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "colour in a pipe");
    let data = folder.path().join("vouchsafe-data");
    assert_eq!(mode(&data), 0o700);
    for file in ["quickstart.json", "quickstart.env", "root.key", "vouchsafe.db"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }

    let saved = std::fs::read_to_string(data.join("quickstart.json")).expect("saved");
    let again = run(folder.path(), &arguments);
    ended(&again, 0);
    let shown = text(&again.stdout);
    assert!(shown.contains("done before") && shown.contains("→ Hello from Vouchsafe"), "{shown}");
    assert!(!shown.contains("shown only now"), "the password is shown once");
    assert_eq!(std::fs::read_to_string(data.join("quickstart.json")).expect("saved"), saved);

    std::fs::remove_file(data.join("quickstart.json")).expect("removed");
    let said = ended(&run(folder.path(), &arguments), 1);
    assert!(said.contains("no quickstart.json") && said.contains("hint: "), "{said}");
}

#[test]
fn a_quickstart_that_was_cut_off_goes_on() {
    let folder = TempDir::new().expect("folder");
    let arguments = ["quickstart", "--once", "--listen", "127.0.0.1:0"];
    ended(&run(folder.path(), &arguments), 0);
    let path = folder.path().join("vouchsafe-data/quickstart.json");
    let mut saved: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("saved")).expect("JSON");
    for (field, none) in [("isMember", false.into()), ("secretMade", false.into())] {
        saved[field] = none;
    }
    saved["clientSecret"] = serde_json::Value::Null;
    std::fs::write(&path, saved.to_string()).expect("written");
    let shown = text(&run(folder.path(), &arguments).stdout);
    assert!(shown.contains("→ done before") && shown.contains("→ Hello from Vouchsafe"), "{shown}");
}

#[test]
fn the_lines_that_quickstart_prints_can_be_pasted() {
    let folder = TempDir::new().expect("folder");
    let mut command = vouchsafe(folder.path(), &["quickstart", "--listen", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("starts");
    let mut script = "set -e\n".to_owned();
    // Kept until the end: the program stops when nobody can read what it says.
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    for line in lines.by_ref() {
        let line = line.expect("reads");
        match line.strip_prefix("   ") {
            Some(typed) if !typed.starts_with('→') => script.extend([typed, "\n"]),
            // What a curl prints has no line break of its own.
            Some(_) => script += "echo\n",
            None => {}
        }
        if line.starts_with("It works") {
            break;
        }
    }
    let pasted = Command::new("sh").arg("-c").arg(&script).current_dir(folder.path()).output().expect("sh");
    let _ = child.kill();
    let _ = child.wait();
    let printed = text(&pasted.stdout);
    assert!(pasted.status.success(), "{script}\n{printed}\n{}", text(&pasted.stderr));
    assert!(printed.matches("Hello from Vouchsafe").count() == 3, "{script}\n{printed}");
    for made in ["\"project\":", "\"identity\":", "\"clientSecret\":", "\"accessToken\":"] {
        assert!(printed.contains(made), "{made} is missing in {printed}");
    }
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let folder = TempDir::new().expect("folder");
    let mut server = Serving::server(folder.path());
    let said = ended(&run(folder.path(), &["server", "--listen", "127.0.0.1:0"]), 1);
    assert!(said.contains("another vouchsafe server is using"), "{said}");
    assert_eq!(server.signal("-TERM"), Some(0));
    assert_eq!(Serving::server(folder.path()).signal("-INT"), Some(0));
}

/// Runs a tool that has to be installed.
fn tool(name: &str, folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(name).args(arguments).current_dir(folder).stdin(Stdio::null()).output();
    output.unwrap_or_else(|error| panic!("{name} is installed (Debian package `{name}`): {error}"))
}

/// A certificate for 127.0.0.1 that vouches for itself.
fn certificate(folder: &Path, name: &str) {
    let (certificate, key) = (format!("{name}.pem"), format!("{name}.key"));
    let arguments =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"];
    let named = [
        "-subj",
        "/CN=127.0.0.1",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-out",
        &certificate,
        "-keyout",
        &key,
    ];
    let made = tool("openssl", folder, &[&arguments[..], &named].concat());
    assert!(made.status.success(), "{}", text(&made.stderr));
}

#[cfg(unix)]
#[test]
fn tls_is_spoken_and_a_hangup_takes_a_new_certificate_over() {
    let folder = TempDir::new().expect("folder");
    let (place, listen) = (folder.path(), ["server", "--listen", "127.0.0.1:0"]);
    for name in ["old", "new", "used"] {
        certificate(place, name);
    }
    let with = |more: &[&str]| vouchsafe(place, &[&listen[..], more].concat());
    let both = ["--tls-cert", "old.pem", "--tls-key", "old.key"];
    let said = ended(&with(&both[..2]).output().expect("runs"), 2);
    assert!(said.contains("--tls-key") && said.contains("both or neither"), "{said}");
    let said = ended(&with(&["--tls-cert", "old.pem", "--tls-key", "new.key"]).output().expect("runs"), 1);
    assert!(said.contains("cannot be used with the key"), "{said}");
    let said = ended(&with(&["--tls-client-cert-header", "x-cert"]).output().expect("runs"), 2);
    assert!(said.contains("--trusted-proxy"), "{said}");

    let copy = |from: &str| {
        for end in ["key", "pem"] {
            std::fs::copy(place.join(format!("{from}.{end}")), place.join(format!("used.{end}")))
                .expect("copies");
        }
    };
    copy("old");
    let mut server = Serving::start(with(&["--tls-cert", "used.pem", "--tls-key", "used.key"]));
    assert!(server.address.starts_with("https://"), "{}", server.address);
    let url = format!("{}/healthz", server.address);
    let works =
        |trusted: &str| tool("curl", place, &["--silent", "--cacert", trusted, &url]).status.success();
    assert!(works("old.pem") && !works("new.pem"));
    copy("new");
    let id = server.child.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &id]).status().expect("kill").success());
    let start = Instant::now();
    while !works("new.pem") {
        assert!(start.elapsed() < Duration::from_secs(20), "the new certificate is not served");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!works("old.pem"));
    assert_eq!(server.signal("-TERM"), Some(0));
}

#[test]
fn root_keys_are_guarded() {
    let folder = TempDir::new().expect("folder");
    Serving::server(folder.path()).signal("-TERM");
    let generate = || text(&run(folder.path(), &["root-key", "generate"]).stdout).trim().to_owned();
    assert_eq!(generate().len(), 44);
    assert_ne!(generate(), generate());

    let serve = |key: &str| {
        let mut command = vouchsafe(folder.path(), &["server", "--listen", "127.0.0.1:0"]);
        command.env("VOUCHSAFE_ROOT_KEY", key).output().expect("runs")
    };
    let said = ended(&serve(&generate()), 1);
    assert!(said.contains("not the one that the database was set up with"), "{said}");
    let said = ended(&serve("c2hvcnQ="), 2);
    assert!(said.contains("not 32 bytes") && !said.contains("c2hvcnQ"), "{said}");

    std::fs::remove_file(folder.path().join("vouchsafe-data/root.key")).expect("removed");
    let said = ended(&run(folder.path(), &["server", "--listen", "127.0.0.1:0"]), 1);
    assert!(said.contains("is missing") && said.contains("hint: restore"), "{said}");
    assert!(!folder.path().join("vouchsafe-data/root.key").exists(), "a useless key was made");
}

#[test]
fn postgresql_needs_a_root_key_and_an_answer() {
    let folder = TempDir::new().expect("folder");
    let url = "postgres://nobody:hidden@127.0.0.1:1/none";
    let said = ended(&run(folder.path(), &["server", "--database-url", url]), 2);
    assert!(said.contains("vouchsafe root-key generate"), "{said}");
    let key = text(&run(folder.path(), &["root-key", "generate"]).stdout);
    let mut command = vouchsafe(folder.path(), &["server", "--database-url", url]);
    let said = ended(&command.env("VOUCHSAFE_ROOT_KEY", key.trim()).output().expect("runs"), 1);
    assert!(said.contains("cannot reach PostgreSQL") && !said.contains("hidden"), "{said}");
}

#[test]
fn bootstrap_works_once() {
    let folder = TempDir::new().expect("folder");
    let server = Serving::server(folder.path());
    let first = run(folder.path(), &bootstrap(&server.address, &[]));
    ended(&first, 0);
    let reply: serde_json::Value = serde_json::from_slice(&first.stdout).expect("JSON");
    assert!(reply["identity"]["credentials"]["token"].as_str().is_some_and(|token| token.starts_with("ey")));

    let again = run(folder.path(), &bootstrap(&server.address, &[]));
    assert!(ended(&again, 1).contains("already been set up"));
    let ignored = run(folder.path(), &bootstrap(&server.address, &["--ignore-if-bootstrapped"]));
    ended(&ignored, 0);
    assert!(ignored.stdout.is_empty());
}

#[test]
fn bootstrap_reads_the_names_of_the_official_client_and_writes_a_kubernetes_secret() {
    let folder = TempDir::new().expect("folder");
    let server = Serving::server(folder.path());
    std::fs::write(folder.path().join("password"), "correct horse\n").expect("written");
    let arguments = ["bootstrap", "--password-file", "password", "--output", "k8-secret"];
    let mut command = vouchsafe(folder.path(), &arguments);
    command.env("INFISICAL_API_URL", format!("{}/api", server.address));
    command.env("INFISICAL_ADMIN_EMAIL", "ann@example.com").env("INFISICAL_ADMIN_ORGANIZATION", "Acme");
    let output = command.output().expect("runs");
    ended(&output, 0);
    let manifest: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(manifest["kind"], "Secret");
    assert!(manifest["data"]["token"].is_string());
}

#[test]
fn secrets_reach_a_command_with_its_exit_code() {
    let folder = TempDir::new().expect("folder");
    ended(&run(folder.path(), &["quickstart", "--once", "--listen", "127.0.0.1:0"]), 0);
    let saved = std::fs::read_to_string(folder.path().join("vouchsafe-data/quickstart.json")).expect("saved");
    let saved: serde_json::Value = serde_json::from_str(&saved).expect("JSON");
    let server = Serving::server(folder.path());
    let value = |field: &str| saved[field].as_str().expect("text").to_owned();
    let as_identity = |arguments: &[&str]| {
        let mut command = vouchsafe(folder.path(), arguments);
        command.env("VOUCHSAFE_API_URL", &server.address).env("VOUCHSAFE_PROJECT_ID", value("projectId"));
        command.env("INFISICAL_UNIVERSAL_AUTH_CLIENT_ID", value("clientId"));
        command.env("INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET", value("clientSecret"));
        command.output().expect("runs")
    };
    let printed = |arguments: &[&str]| {
        let output = as_identity(arguments);
        ended(&output, 0);
        text(&output.stdout)
    };
    assert_eq!(printed(&["secrets", "get", "GREETING"]), "Hello from Vouchsafe\n");
    assert_eq!(printed(&["secrets", "list"]), "GREETING\n");
    assert_eq!(printed(&["secrets", "list", "--values"]), "GREETING='Hello from Vouchsafe'\n");
    let json: serde_json::Value =
        serde_json::from_str(&printed(&["secrets", "get", "GREETING", "-o", "json"])).expect("JSON");
    assert_eq!(json[0]["secretValue"], "Hello from Vouchsafe");

    let ran = as_identity(&["run", "--", "sh", "-c", "echo \"$GREETING\"; exit 7"]);
    assert_eq!((ran.status.code(), text(&ran.stdout).as_str()), (Some(7), "Hello from Vouchsafe\n"));
    assert!(ended(&as_identity(&["run", "--", "./not-here"]), 127).contains("cannot run `./not-here`"));
    let said = ended(&as_identity(&["secrets", "get", "NOT_HERE"]), 5);
    assert!(said.starts_with("error: cannot read the secret `NOT_HERE`\n  caused by: "), "{said}");

    let token = printed(&["login", "--method", "universal-auth", "--plain"]);
    let renewed = printed(&["token", "renew", token.trim()]);
    assert!(renewed.starts_with("ey"));
    ended(&as_identity(&["token", "revoke", token.trim()]), 0);
    let said = ended(&as_identity(&["secrets", "list", "--token", renewed.trim()]), 3);
    assert!(said.contains("hint: log in again"), "{said}");
}

#[test]
fn metrics_have_a_listener_of_their_own() {
    let folder = TempDir::new().expect("folder");
    let port = std::net::TcpListener::bind("127.0.0.6:0").expect("binds").local_addr().expect("address");
    let mut command = vouchsafe(folder.path(), &["server", "--listen", "127.0.0.1:0"]);
    command.env("VOUCHSAFE_METRICS_LISTEN", port.to_string());
    let server = Serving::start(command);
    let get = |url: String| text(&Command::new("curl").args(["-s", &url]).output().expect("curl").stdout);
    assert!(get(format!("{}/api/status", server.address)).contains("\"message\":\"Ok\""));
    let counted = get(format!("http://{port}/metrics"));
    assert!(counted.contains("vouchsafe_requests_total{group=\"Status\",status=\"200\"} 1"), "{counted}");
    assert!(get(format!("{}/metrics", server.address)).contains("NotFound"));
}

#[test]
fn a_flag_beats_the_environment_and_the_environment_beats_the_file() {
    let folder = TempDir::new().expect("folder");
    let file = folder.path().join("vouchsafe.toml");
    std::fs::write(&file, "listen = \"127.0.0.9:0\"\ndata-dir = \"from-file\"\n").expect("written");
    let bound = |command: Command| Serving::start(command).address.clone();
    assert!(bound(vouchsafe(folder.path(), &["server"])).starts_with("http://127.0.0.9:"));
    assert!(folder.path().join("from-file/vouchsafe.db").exists());
    let mut command = vouchsafe(folder.path(), &["server"]);
    command.env("VOUCHSAFE_LISTEN", "127.0.0.8:0").env("VOUCHSAFE_DATA_DIR", "");
    assert!(bound(command).starts_with("http://127.0.0.8:"));
    let mut command = vouchsafe(folder.path(), &["server", "--listen", "127.0.0.7:0"]);
    command.env("VOUCHSAFE_LISTEN", "127.0.0.8:0");
    assert!(bound(command).starts_with("http://127.0.0.7:"));
    assert!(!folder.path().join("vouchsafe-data").exists());
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let folder = TempDir::new().expect("folder");
    let path = folder.path().join("vouchsafe.toml");
    for (lines, message) in [
        ("# fine\nlistn = \"x\"\n", "vouchsafe.toml, line 2: unknown field `listn`"),
        ("listen = 8080\n", "vouchsafe.toml, line 1: invalid type"),
        ("listen = \"nowhere\"\n", "`--listen` (VOUCHSAFE_LISTEN): expected an address"),
        ("max-token-age = \"90\"\n", "`--max-token-age`"),
        ("trusted-proxies = [\"10.0.0.0/33\"]\n", "is no network"),
        ("log = \"a=b=c\"\n", "`--log`"),
    ] {
        std::fs::write(&path, lines).expect("written");
        let said = ended(&run(folder.path(), &["server"]), 2);
        assert!(said.starts_with("error: ") && said.contains(message), "{said}");
    }
    std::fs::remove_file(&path).expect("removed");
    let said = ended(&run(folder.path(), &["--config", "none.toml", "server"]), 2);
    assert!(said.contains("cannot read the settings file none.toml"), "{said}");
}

#[test]
fn a_file_that_happens_to_lie_there_cannot_name_the_server() {
    let folder = TempDir::new().expect("folder");
    let path = folder.path().join("vouchsafe.toml");
    std::fs::write(&path, "api-url = \"http://127.0.0.1:1\"\n").expect("written");
    let arguments =
        ["secrets", "list", "--project-id", "00000000-0000-0000-0000-000000000000", "--token", "x"];
    let said = ended(&run(folder.path(), &arguments), 2);
    assert!(said.contains("believed only if you name the file"), "{said}");
    let mut named = vec!["--config", "vouchsafe.toml"];
    named.extend(arguments);
    let said = ended(&run(folder.path(), &named), 6);
    assert!(said.contains("cannot reach http://127.0.0.1:1") && said.contains("hint: is a server"), "{said}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = TempDir::new().expect("folder");
    let mut command = vouchsafe(folder.path(), &["root-key", "generate"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().expect("stderr").read_to_string(&mut said).expect("reads");
    assert_eq!((child.wait().expect("ends").code(), said.as_str()), (Some(0), ""));
}
