//! What pages of the console cost in an organization with many identities: time to the first byte, and size.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::fill;
use crate::api::Instance;
use crate::proc::step;

/// How often each page is asked for; the median is shown.
const TIMES: usize = 50;

/// Pages that an administrator sees there. `flat-99` is in about a hundredth of the names.
const PAGES: [&str; 9] = [
    "/identities",
    "/identities?search=flat-99",
    "/identities?page=2000",
    "/identities?role=no-access",
    "/identities?sort=role",
    "/identities?state=locked",
    "/identities?state=expiring",
    "/identities?state=never",
    "/activity",
];

/// Pages that a member sees there, who is shown only those who are no more than that.
const PAGES_OF_A_MEMBER: [&str; 3] = ["/identities", "/identities?search=flat-99", "/identities?page=2000"];

/// Makes so many identities, and prints the measures of pages beside what is wanted.
pub(crate) fn measure(address: SocketAddr, engine: &str, instance: &Instance, identities: u64) -> Result<()> {
    step(format!("Making {identities} identities on {engine}"));
    let organization = &instance.organization;
    fill::identities(address, &instance.admin_token, organization, 0, identities)?;
    println!(
        "\nPages of the console with {identities} identities on {engine}, medians (wanted: 50 ms, 150 kB):"
    );
    let session = instance.sign_in()?;
    for path in PAGES {
        report(address, path, &session)?;
    }
    let project = instance.project_of(&session, "console")?.id;
    let adding = format!("/projects/{project}/members/identities/new?search=flat-99");
    report(address, &adding, &session)?;
    println!("  As a member:");
    let session = instance.person("ann@example.com", "member")?;
    for path in PAGES_OF_A_MEMBER {
        report(address, path, &session)?;
    }
    println!();
    Ok(())
}

/// Asks for a page several times and prints what that took.
fn report(address: SocketAddr, path: &str, session: &str) -> Result<()> {
    let mut firsts = Vec::with_capacity(TIMES);
    let mut size = 0;
    for _ in 0..=TIMES {
        let (first, bytes) = page(address, path, session)?;
        firsts.push(first);
        size = bytes;
    }
    // The first one fills caches.
    firsts.remove(0);
    firsts.sort_unstable();
    let (median, worst) = (milliseconds(firsts[TIMES / 2]), milliseconds(firsts[TIMES - 1]));
    let kilobytes = size / 1000;
    // The id of a project says nothing to whoever reads this.
    let path = match path.split('/').nth(2) {
        Some(id) => path.replace(id, "…"),
        None => path.to_owned(),
    };
    println!("  {path:<45} first byte {median:>7.2} ms (slowest {worst:.2} ms), {kilobytes} kB");
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Asks for a page; answers the time to the first byte and the size of the answer in bytes.
fn page(address: SocketAddr, path: &str, session: &str) -> Result<(Duration, usize)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_nodelay(true)?;
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/html\r\nCookie: vouchsafe-session={session}\r\n\
         Connection: close\r\n\r\n"
    );
    let start = Instant::now();
    stream.write_all(head.as_bytes())?;
    let mut answer = vec![0];
    stream.read_exact(&mut answer)?;
    let first = start.elapsed();
    stream.read_to_end(&mut answer)?;
    if !answer.starts_with(b"HTTP/1.1 200 ") {
        let line = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
        bail!("GET {path} answered {}", String::from_utf8_lossy(line));
    }
    Ok((first, answer.len()))
}
