//! A throw-away OpenLDAP server with users and groups: the directory that tests of LDAP Auth talk to.

use std::fs::write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, bail};
use rustix::process::Signal;

use crate::proc::{Running, Scratch, free_address, step, wait_until_listening};
use crate::tools::{found_or_installed, in_path, is_executable, run};

/// Users and groups.
const DATA: &str = include_str!("slapd.ldif");
/// What its certificates are.
const CERTIFICATES: &str = "[req]\nprompt = no\ndistinguished_name = name\n[name]\nCN = Directory of the tests\n\
    [ca]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign\nsubjectKeyIdentifier = hash\n\
    [server]\nsubjectAltName = IP:127.0.0.1\nbasicConstraints = CA:FALSE\nextendedKeyUsage = serverAuth\n";

/// A running server; dropping it ends it and removes its data.
pub(crate) struct Slapd {
    plain: SocketAddr,
    tls: SocketAddr,
    server: Running,
    // Last, so that the server is gone before its data is.
    folder: Scratch,
}

impl Slapd {
    /// Finds or installs OpenLDAP, loads its data and starts it on free loopback ports: one for `ldap://`, with `StartTLS`,
    /// and one for `ldaps://`.
    pub(crate) fn start() -> Result<Self> {
        let (slapd, slapadd) =
            found_or_installed("OpenLDAP", &["slapd"], || Some((program("slapd")?, program("slapadd")?)))?;
        let folder = Scratch::new()?;
        let path = folder.path();
        make_certificates(path)?;
        std::fs::create_dir(path.join("data"))?;
        let (config, data) = (path.join("slapd.conf"), path.join("data.ldif"));
        write(&config, configuration(path))?;
        write(&data, DATA)?;
        let mut load = Command::new(slapadd);
        load.arg("-q").arg("-f").arg(&config).arg("-l").arg(&data).stdout(Stdio::null());
        run("slapadd", &mut load)?;

        let (plain, tls) = (free_address()?, free_address()?);
        step(format!("Starting OpenLDAP on {plain} and {tls}"));
        let log = path.join("log");
        let output = std::fs::File::create(&log)?;
        let mut command = Command::new(slapd);
        // With -d it stays in the foreground.
        command.args(["-d", "0", "-h", &format!("ldap://{plain}/ ldaps://{tls}/")]).arg("-f").arg(&config);
        command.stdout(output.try_clone()?).stderr(output);
        let mut server = Running::start("slapd", &mut command)?;
        wait_until_listening(&mut server, plain, &log)?;
        Ok(Self { plain, tls, server, folder })
    }

    /// Where it takes connections without TLS.
    pub(crate) fn plain(&self) -> SocketAddr {
        self.plain
    }

    /// The variables by which tests find it.
    pub(crate) fn environment(&self) -> [(&'static str, String); 3] {
        let authority = self.folder.path().join("ca.pem").display().to_string();
        [
            ("VOUCHSAFE_TEST_LDAP", self.plain.to_string()),
            ("VOUCHSAFE_TEST_LDAPS", self.tls.to_string()),
            ("VOUCHSAFE_TEST_LDAP_CA", authority),
        ]
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        let _ = self.server.stop(Signal::TERM, Duration::from_secs(5));
    }
}

fn program(name: &str) -> Option<PathBuf> {
    let usual = Path::new("/usr/sbin").join(name);
    in_path(name).or_else(|| is_executable(&usual).then_some(usual))
}

/// An authority, and the server's certificate for 127.0.0.1 and no other address.
fn make_certificates(folder: &Path) -> Result<()> {
    let openssl = found_or_installed("OpenSSL", &["openssl"], || in_path("openssl"))?;
    write(folder.join("openssl.cnf"), CERTIFICATES)?;
    let make = |name: &str, signer: &[&str]| {
        let mut command = Command::new(&openssl);
        command.current_dir(folder).args(["req", "-x509", "-config", "openssl.cnf", "-extensions", name]);
        command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]);
        command.args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")]).args(signer);
        run("openssl", command.stderr(Stdio::null()))
    };
    make("ca", &[])?;
    make("server", &["-CA", "ca.pem", "-CAkey", "ca.key"])
}

/// Only the reader and users themselves may read; nobody reads passwords, and nobody anonymous reads anything.
fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    let modules = ["/usr/lib/ldap", "/usr/lib/openldap"].into_iter().find(|path| Path::new(path).is_dir());
    let modules =
        modules.map(|path| format!("modulepath {path}\nmoduleload back_mdb\nmoduleload memberof\n"));
    let schemas = ["core", "cosine", "inetorgperson", "nis"];
    let schemas: String = schemas.map(|name| format!("include /etc/ldap/schema/{name}.schema\n")).concat();
    format!(
        "{schemas}{modules}pidfile {folder}/pid\nargsfile {folder}/args\n\
         TLSCACertificateFile {folder}/ca.pem\nTLSCertificateFile {folder}/server.pem\n\
         TLSCertificateKeyFile {folder}/server.key\n\
         database mdb\nsuffix dc=example,dc=com\nrootdn cn=root,dc=example,dc=com\ndirectory {folder}/data\n\
         overlay memberof\n\
         access to attrs=userPassword by anonymous auth by * none\n\
         access to * by dn.exact=\"cn=reader,dc=example,dc=com\" read by self read by anonymous auth by * none\n",
        modules = modules.unwrap_or_default(),
    )
}

/// Runs the server until it is interrupted, for tests that are run by hand.
pub(crate) fn serve() -> Result<()> {
    let mut slapd = Slapd::start()?;
    for (name, value) in slapd.environment() {
        println!("export {name}={value}");
    }
    while slapd.server.ended()?.is_none() {
        std::thread::sleep(Duration::from_millis(200));
    }
    bail!("slapd ended")
}
