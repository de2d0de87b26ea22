//! Each command once or more, in a way that works.

/// What a command prints because that is its job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Prints {
    /// No secret.
    Nothing,
    /// Values of secrets of the project, on stdout.
    Values,
    /// A token or the like that was made just now, on stdout.
    New,
}

/// One way to use a command. In lines, names in braces stand for what the stage has.
pub(super) struct Case {
    pub(super) command: &'static str,
    pub(super) arguments: &'static str,
    /// Commands that are run before.
    pub(super) before: &'static [&'static str],
    /// `NAME=value`.
    pub(super) variables: &'static str,
    pub(super) prints: Prints,
    /// How it ends.
    pub(super) code: i32,
}

const fn case(command: &'static str, arguments: &'static str) -> Case {
    Case { command, arguments, before: &[], variables: "", prints: Prints::Nothing, code: 0 }
}

impl Case {
    const fn after(mut self, before: &'static [&'static str]) -> Self {
        self.before = before;
        self
    }

    const fn with(mut self, variables: &'static str) -> Self {
        self.variables = variables;
        self
    }

    const fn prints(mut self, prints: Prints) -> Self {
        self.prints = prints;
        self
    }

    const fn fails(mut self, code: i32) -> Self {
        self.code = code;
        self
    }
}

use Prints::{New, Values};

const MAKE_IDENTITY: &[&str] = &["identity create i{n}"];
const MAKE_MEMBER: &[&str] = &["identity create i{n}", "member add i{n} --project-id p --role viewer"];
const MAKE_ROLE: &[&str] = &["role create r{n} --rules rules.yaml --project-id p"];
const MAKE_PROJECT: &[&str] = &["project create P{n} --slug project-{n}"];
const MAKE_GROUP: &[&str] = &["group create G{n} --slug group-{n}"];

pub(super) const CASES: &[Case] = &[
    case("quickstart", "--once --listen 127.0.0.1:0 --data-dir quick{n}").prints(New),
    case("server", "--listen 127.0.0.1:0 --data-dir data{n} --database-url postgres://u:canary-sweep-db@127.0.0.1:1/d")
        .with("VOUCHSAFE_ROOT_KEY=ROOT_KEY")
        .fails(1),
    case("bootstrap", "--email ben@example.com --organization B --api-url {bare}")
        .with("VOUCHSAFE_ADMIN_PASSWORD=canary-sweep-admin")
        .prints(New),
    case("login", "--email ann@example.com").with("VOUCHSAFE_PASSWORD=PASSWORD"),
    case("login", "--method universal-auth --plain")
        .with("VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_ID={client-id} VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_SECRET=CLIENT_SECRET")
        .prints(New),
    case("login", "--method universal-auth --explain-auth --save")
        .with("VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_ID={client-id} VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_SECRET=CLIENT_SECRET")
        .prints(New),
    case("login status", ""),
    case("logout", "").after(&["login --email ann@example.com"]).with("VOUCHSAFE_TOKEN="),
    case("init", "--project-id {project} --force"),
    case("secrets", "--project-id {project}"),
    case("secrets", "--project-id {project} --values").prints(Values),
    case("secrets list", "--project-id {project}"),
    case("secrets list", "--project-id {project} --values").prints(Values),
    case("secrets get", "KEY --project-id {project}").prints(Values),
    case("secrets set", "SET_{n}=canary-sweep-value-argument --project-id {project} --env prod"),
    case("secrets set", "--file in.env --project-id {project} --env prod"),
    case("secrets delete", "GONE --project-id {project}").after(&["secrets set GONE=x --project-id {project}"]),
    case("secrets import", "in.env --yes --project-id {project} --env prod --path /").after(&[
        "secrets set KEY=other --project-id {project} --env prod",
    ]),
    case("secrets diff", "--to-env prod --project-id {project}").after(&[
        "secrets set KEY=other --project-id {project} --env prod",
    ]),
    case("secrets diff", "--to-env prod --values --env staging --project-id {project}").prints(Values),
    case("secrets generate-example-env", "--project-id {project}"),
    case("secrets folders get", "--project-id {project}"),
    case("secrets folders create", "--name one{n} --project-id {project}"),
    case("secrets folders delete", "--name one{n} --project-id {project}")
        .after(&["folders create --name one{n} --project-id {project}"]),
    case("folders get", "--project-id {project}"),
    case("folders create", "--name two{n} --project-id {project}"),
    case("folders delete", "--name two{n} --project-id {project}")
        .after(&["folders create --name two{n} --project-id {project}"]),
    case("export", "--project-id {project}").prints(Values),
    case("export", "--project-id {project} --template app.tpl --output-file filled.conf"),
    case("run", "--project-id {project} -- sh look"),
    case("agent", "--config agent.yaml --once").with("VOUCHSAFE_API_URL= VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_SECRET=CLIENT_SECRET"),
    case("token inspect", "{login}"),
    case("token inspect", ""),
    case("token renew", "{login}").prints(New),
    case("token revoke", "{login}"),
    case("identity create", "i{n}"),
    case("identity list", ""),
    case("identity show", "app"),
    case("identity update", "i{n} --metadata a=b").after(MAKE_IDENTITY),
    case("identity delete", "i{n} --yes").after(MAKE_IDENTITY),
    case("identity auth attach", "kubernetes --identity i{n} --file reviewer.yaml").after(MAKE_IDENTITY),
    case("identity auth show", "kubernetes --identity app"),
    case("identity auth show", "universal --identity app"),
    case("identity auth update", "kubernetes --identity app --set tokenReviewerJwt=canary-sweep-reviewer-2"),
    case("identity auth remove", "universal --identity i{n} --yes")
        .after(&["identity create i{n}", "identity auth attach universal --identity i{n}"]),
    case("identity auth test", "kubernetes --identity app").fails(1),
    case("identity client-secret create", "--identity app").prints(New),
    case("identity client-secret create", "--identity app --plain").prints(New),
    case("identity client-secret list", "--identity app"),
    case("identity client-secret revoke", "{client-secret-id} --identity app --yes"),
    case("identity token create", "--identity app").prints(New),
    case("identity token create", "--identity app --plain").prints(New),
    case("identity token list", "--identity app"),
    case("identity token rename", "{token-id} another"),
    case("identity token revoke", "{token-id} --yes"),
    case("identity lockouts clear", "--identity app"),
    case("identity what-if", "--jwt-file job.jwt").fails(1),
    case("role list", ""),
    case("role show", "r{n} --project-id p").after(MAKE_ROLE),
    case("role create", "r{n} --rules rules.yaml --project-id p"),
    case("role update", "r{n} --name new --project-id p").after(MAKE_ROLE),
    case("role delete", "r{n} --yes --project-id p").after(MAKE_ROLE),
    case("project list", ""),
    case("project show", "p"),
    case("project create", "P{n} --slug project-{n}"),
    case("project update", "project-{n} --description new").after(MAKE_PROJECT),
    case("project delete", "project-{n} --yes").after(MAKE_PROJECT),
    case("project environment list", "--project-id p"),
    case("project environment create", "e{n} --project-id p"),
    case("project environment delete", "e{n} --yes --project-id p")
        .after(&["project environment create e{n} --project-id p"]),
    case("member add", "i{n} --project-id p --role viewer").after(MAKE_IDENTITY),
    case("member add", "user:u{n}@example.com --role member").prints(New),
    case("member list", "--project-id p"),
    case("member show", "app --project-id p"),
    case("member update", "i{n} --role member --project-id p").after(MAKE_MEMBER),
    case("member remove", "i{n} --yes --project-id p").after(MAKE_MEMBER),
    case("member privilege add", "i{n} --rules rules.yaml --project-id p").after(MAKE_MEMBER),
    case("member privilege list", "app --project-id p"),
    case("member privilege remove", "app s{n} --yes --project-id p")
        .after(&["member privilege add app --slug s{n} --rules rules.yaml --project-id p"]),
    case("group create", "G{n} --slug group-{n}"),
    case("group list", ""),
    case("group show", "group-{n}").after(MAKE_GROUP),
    case("group update", "group-{n} --name New").after(MAKE_GROUP),
    case("group delete", "group-{n} --yes").after(MAKE_GROUP),
    case("group add", "group-{n} app").after(MAKE_GROUP),
    case("group remove", "group-{n} app").after(&["group create G{n} --slug group-{n}", "group add group-{n} app"]),
    case("access explain", "readValue secrets --who {identity} --project-id {project}"),
    case("access who-can", "readValue secrets --project-id {project}"),
    case("access diff", "--role r{n} --rules rules.yaml --project-id {project}").after(MAKE_ROLE),
    case("access denial", ""),
    case("apply", "-f apply.yaml"),
    case("apply", "-f apply.yaml --refresh-secrets"),
    case("root-key generate", "").prints(New),
    case("completions", "bash"),
    case("man", "login"),
];

/// Commands that fail because of what they read; what they read is in the file `mistake` and on stdin.
pub(super) const MISTAKES: &[(&str, &str)] = &[
    ("login --email ann@example.com --password-file mistake", "canary-sweep-wrong-password\n"),
    ("login --email ann@example.com --password-file -", "canary-sweep-wrong-password\n"),
    ("login --method jwt --machine-identity-id {identity} --jwt canary-sweep-jwt", ""),
    ("login --method jwt --machine-identity-id {identity} --jwt-file mistake", "canary-sweep-jwt"),
    ("login --method oidc --machine-identity-id {identity} --jwt canary-sweep-jwt --explain-auth", ""),
    (
        "login --method kubernetes --machine-identity-id {identity} --service-account-token-path mistake",
        "canary-sweep-k8s",
    ),
    (
        "login --method gcp-iam --machine-identity-id {identity} --service-account-key-file-path mistake",
        r#"{"type": "service_account", "private_key": "canary-sweep-key"}"#,
    ),
    (
        "login --method ldap --machine-identity-id {identity} --ldap-username x --ldap-password-file mistake",
        "canary-sweep-ldap",
    ),
    ("login --method universal-auth --client-id {client-id} --client-secret canary-sweep-client-secret", ""),
    (
        "login --method tls-cert --machine-identity-id {identity} --client-cert mistake --client-key mistake",
        "canary-sweep-pem",
    ),
    ("login --method spiffe --machine-identity-id {identity} --jwt-file mistake", "canary-sweep-svid"),
    (
        "login --method oci --machine-identity-id {identity} --oci-config-file mistake",
        "[DEFAULT]\nkey_content=canary-sweep-oci\n",
    ),
    ("login --method carrier-pigeon --client-secret canary-sweep-client-secret", ""),
    ("token renew canary-sweep-token", ""),
    ("token revoke canary-sweep-token", ""),
    ("token inspect canary-sweep-token", ""),
    ("token inspect eyJhbGciOiJFZERTQSJ9.eyJjYW5hcnktc3dlZXA.canary-sweep-token", ""),
    ("secrets list --token canary-sweep-token --project-id {project}", ""),
    ("secrets list --token canary-sweep\u{e9} --project-id {project}", ""),
    ("secrets set canary-sweep-value --project-id {project}", ""),
    ("secrets set X=@mistake/x --project-id {project} --env moon", "canary-sweep-value"),
    ("secrets set --file mistake --project-id {project}", "A='canary-sweep-value\n"),
    ("secrets set a:b=- --project-id {project}", "canary-sweep-value"),
    ("secrets import mistake --yes --project-id {project}", "canary-sweep-value\n"),
    ("secrets import mistake --project-id {project}", "A=canary-sweep-value\n"),
    ("export --format k8s-secret --k8-secret-name -- --project-id {project}", ""),
    (
        "export --template mistake --project-id {project}",
        "{{range .}}{{.Value}}{{index .Value \"x\"}}{{end}}",
    ),
    ("export --template - --project-id {project}", "{{range .}}{{fail .Value}}{{end}}"),
    ("run --project-id {project} -- no-such-program", ""),
    ("identity auth attach ldap --identity app --file mistake", "bindPass: canary-sweep-bind\nurl: [\n"),
    ("identity auth update ldap --identity app --file mistake", "bindPass: [canary-sweep-bind]\n"),
    ("identity auth update ldap --identity app --set bindPass=canary-sweep-bind --set url=x", ""),
    (
        "identity auth attach kubernetes --identity app --set tokenReviewerJwt=canary-sweep-jwt --set kubernetesHost=x",
        "",
    ),
    ("identity what-if --jwt-file mistake", "canary-sweep-jwt"),
    ("identity what-if --certificate-file -", "canary-sweep-certificate"),
    ("role create x --rules mistake --project-id p", "- canary-sweep-rule\n"),
    ("apply -f mistake", "kind: identity\nname: x\nauth:\n  ldap-auth:\n    bindPass: canary-sweep-bind\n"),
    ("apply -f apply.yaml --config mistake", "x = \"canary-sweep-toml\n"),
    (
        "agent --config mistake --once",
        "infisical: { address: 'http://127.0.0.1:1' }\nauth:\n  type: universal-auth\n  config: { client-id: a, client-secret-text: canary-sweep-inline }\n",
    ),
    ("agent --config mistake --once", "infisical: [canary-sweep-yaml\n"),
    ("server --database-url postgres://u:canary-sweep-db@127.0.0.1:x/d", ""),
    ("server --listen 127.0.0.1:0 --data-dir other --root-key-file mistake", "canary-sweep-root-key"),
    ("bootstrap --email ann@example.com --organization X --password canary-sweep-password", ""),
    ("bootstrap --email ann@example.com --organization X --password-file mistake", "canary-sweep-password"),
];
