//! JWT logins: next to a bare server that verifies the same signature and does nothing else, and amid a storm of bad
//! ones.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::load::{self, Amount, Measured};
use super::report::{Row, milliseconds};
use super::usage::Processes;
use super::wire::render;
use super::{Bench, Candidate};
use crate::http::Http;
use crate::proc::{Running, free_address, step};

/// How many different tokens clients have.
const TOKENS: usize = 64;
/// Connections of the storm: each refusal is answered after a tenth of a second, so this is 1,000 a second.
const STORM_CONNECTIONS: usize = 100;
/// How long the storm lasts.
const STORM: Duration = Duration::from_secs(30);
/// Connections of good logins beside the storm.
const GOOD_CONNECTIONS: usize = 4;
const LOGIN: &str = "/api/v1/auth/jwt-auth/login";

/// A running issuer, which is the bare server too.
pub(super) struct Issuer {
    address: std::net::SocketAddr,
    http: Http,
    running: Running,
}

impl Issuer {
    /// Starts it out of its executable.
    pub(super) fn start(binary: &Path) -> Result<Self> {
        let address = free_address()?;
        let mut running = Running::start("the issuer", Command::new(binary).arg(address.to_string()))?;
        let http = Http::new(&format!("http://{address}"));
        let start = Instant::now();
        while http.status("/fetches") != Some(200) {
            if running.ended()?.is_some() || start.elapsed() > Duration::from_secs(10) {
                bail!("the issuer did not start");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(Self { address, http, running })
    }

    fn tokens(&self, kids: &[Option<String>]) -> Result<Vec<String>> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let claims: Vec<Value> = kids
            .iter()
            .enumerate()
            .map(|(number, kid)| {
                let mut claims = json!({
                    "iss": "https://issuer.example", "sub": format!("job-{number}"), "aud": "vouchsafe",
                    "iat": now, "exp": now + 3600,
                });
                if let Some(kid) = kid {
                    claims["kid"] = json!(kid);
                }
                claims
            })
            .collect();
        Ok(serde_json::from_value(self.http.post("/tokens", &json!(claims))?)?)
    }

    fn fetches(&self) -> Result<u64> {
        Ok(self.http.get("/fetches")?.trim().parse()?)
    }
}

impl Bench {
    /// Measures JWT logins on every engine with as many connections; the ratio is to the bare verifier.
    pub(super) fn jwt(
        &mut self,
        issuer: &Issuer,
        candidates: &[Candidate],
        connections: &[usize],
    ) -> Result<()> {
        let tokens = issuer.tokens(&vec![None; TOKENS])?;
        let identities: Vec<String> =
            candidates.iter().map(|candidate| attach(candidate, issuer)).collect::<Result<_>>()?;
        let time = Amount::Time(self.time);
        for &connections in connections {
            let processes = Processes { server: issuer.running.id(), postmaster: None };
            let verify = requests(issuer.address, "/", &identities[0], &tokens);
            self.measure("bare, verifies", "-", issuer.address, processes, &verify, connections, time)?;
            let bare = self.rows.last().map(Row::rate);
            for (candidate, identity) in candidates.iter().zip(&identities) {
                let logins = requests(candidate.server.address(), LOGIN, identity, &tokens);
                self.candidate("login, JWT", candidate, &logins, connections, time)?;
                if let Some(row) = self.rows.last_mut() {
                    row.bare = bare;
                }
            }
        }
        for (candidate, identity) in candidates.iter().zip(&identities) {
            self.storm(issuer, candidate, identity, &tokens)?;
        }
        Ok(())
    }

    /// Good logins while 1,000 bad ones a second come in, each naming another key.
    fn storm(&self, issuer: &Issuer, candidate: &Candidate, identity: &str, tokens: &[String]) -> Result<()> {
        let address = candidate.server.address();
        let good = requests(address, LOGIN, identity, tokens);
        let kids: Vec<_> = (0..1000).map(|number| Some(format!("unknown-{number}"))).collect();
        let bad = requests(address, LOGIN, identity, &issuer.tokens(&kids)?);
        let processes = candidate.processes()?;
        let measure = |requests: &[String], connections, time| -> Result<Measured> {
            Ok(load::measure(&self.binary, address, requests, connections, Amount::Time(time), processes)?.0)
        };
        let calm = measure(&good, GOOD_CONNECTIONS, self.time)?;
        step(format!("{} s of bad logins on {}", STORM.as_secs(), candidate.engine.name()));
        let before = issuer.fetches()?;
        let (bad, amid) = std::thread::scope(|scope| {
            let storm = scope.spawn(|| measure(&bad, STORM_CONNECTIONS, STORM));
            let amid = measure(&good, GOOD_CONNECTIONS, STORM.mul_f32(0.9));
            let bad = storm.join().map_err(|_| anyhow::anyhow!("the storm ended in a panic"))?;
            Ok::<_, anyhow::Error>((bad?, amid?))
        })?;
        let fetched = issuer.fetches()? - before;
        println!(
            "Storm on {}: {} bad logins in {} s, {} answered otherwise than refused; {fetched} key fetches (wanted: one \
             in 30 s); good logins' p99 {} ms, idle {} ms (wanted: under twice)",
            candidate.engine.name(),
            bad.failed,
            STORM.as_secs(),
            bad.answered,
            milliseconds(amid.p99),
            milliseconds(calm.p99),
        );
        if bad.answered > 0 || amid.failed > 0 {
            bail!("a bad login was granted, or a good one refused: {:?}", amid.first_failure);
        }
        Ok(())
    }
}

/// An identity that logs in with tokens of the issuer.
fn attach(candidate: &Candidate, issuer: &Issuer) -> Result<String> {
    let identity = candidate.instance.identity("bench-jwt")?;
    let config = json!({
        "configurationType": "jwks", "jwksUrl": format!("http://{}/jwks.json", issuer.address),
        "boundIssuer": "https://issuer.example", "boundAudiences": "vouchsafe", "boundClaims": {},
    });
    let path = format!("/api/v1/auth/jwt-auth/identities/{}", identity.id);
    candidate.instance.attach(&path, &config).context("JWT Auth could not be attached")?;
    Ok(identity.id)
}

fn requests(address: std::net::SocketAddr, path: &str, identity: &str, tokens: &[String]) -> Vec<String> {
    let request = |token: &String| {
        let body = json!({ "identityId": identity, "jwt": token });
        render(address, "POST", path, None, Some(&body.to_string()))
    };
    tokens.iter().map(request).collect()
}
