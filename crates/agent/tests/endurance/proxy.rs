//! A proxy before the server that makes its faults, and keeps a list of what was tried.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use vouchsafe_agent::{ManualTicker, Moment, Ticker};

/// What the proxy does to requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// Nothing: requests go through.
    None,
    /// Nobody listens.
    Refused,
    /// Connections are closed before an answer.
    Closed,
    /// The answer comes after the client gave up.
    Slow,
    /// Connections are accepted, and nothing ever comes.
    HalfOpen,
    /// The answer ends in its middle.
    CutOff,
    /// Everything but logins is answered with this status and error.
    Data(u16, &'static str),
    /// Everything is answered so.
    All(u16, &'static str),
    /// Everything is answered with 429, and when to come back, in seconds.
    TooMany(u64),
    /// A gateway's page with this status.
    Gateway(u16),
}

/// One request that the proxy saw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try {
    pub(crate) at: Moment,
    pub(crate) is_auth: bool,
    pub(crate) has_failed: bool,
}

pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    server: String,
    fault: Mutex<Fault>,
    tries: Mutex<Vec<Try>>,
    ticker: Arc<ManualTicker>,
}

impl Proxy {
    /// Before the server at this URL.
    pub(crate) async fn before(url: &str, ticker: Arc<ManualTicker>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            server: url.trim_start_matches("http://").to_owned(),
            fault: Mutex::new(Fault::None),
            tries: Mutex::default(),
            ticker,
        });
        let accepting = Some(tokio::spawn(accept(listener, Arc::clone(&shared))));
        Self { address, shared, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on this happens to requests.
    pub(crate) async fn set(&mut self, fault: Fault) {
        *self.shared.fault.lock().unwrap() = fault;
        if fault == Fault::Refused {
            if let Some(accepting) = self.accepting.take() {
                accepting.abort();
                let _ = accepting.await;
            }
        } else if self.accepting.is_none() {
            let listener = self.listen_again().await;
            self.accepting = Some(tokio::spawn(accept(listener, Arc::clone(&self.shared))));
        }
    }

    async fn listen_again(&self) -> TcpListener {
        for _ in 0..200 {
            if let Ok(listener) = TcpListener::bind(self.address).await {
                return listener;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the port of the proxy is taken");
    }

    /// What was tried since the last time.
    pub(crate) fn take_tries(&self) -> Vec<Try> {
        std::mem::take(&mut self.shared.tries.lock().unwrap())
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(serve(client, Arc::clone(&shared)));
    }
}

/// One request a connection.
async fn serve(mut client: TcpStream, shared: Arc<Shared>) {
    // Before anything that takes real time, in which the simulated time may go on.
    let at = shared.ticker.now();
    let Some(request) = read(&mut client).await else { return };
    // On a busy machine a request may be read only after its client gave up, at a later simulated time.
    if matches!(client.try_read(&mut [0]), Ok(0)) {
        return;
    }
    let fault = *shared.fault.lock().unwrap();
    let is_auth = request.starts_with("POST /api/v1/auth/");
    let mut answer = match fault {
        Fault::None | Fault::CutOff | Fault::Slow => forward(&request, &shared.server).await,
        Fault::Data(..) if is_auth => forward(&request, &shared.server).await,
        Fault::Data(status, error) | Fault::All(status, error) => refusal(status, error, ""),
        Fault::TooMany(seconds) => refusal(429, "RateLimit", &format!("Retry-After: {seconds}\r\n")),
        Fault::Gateway(status) => {
            format!("HTTP/1.1 {status} X\r\nContent-Length: 4\r\nConnection: close\r\n\r\n<p/>").into_bytes()
        }
        Fault::Refused | Fault::Closed | Fault::HalfOpen => Vec::new(),
    };
    if fault == Fault::CutOff {
        answer.truncate(answer.len().saturating_sub(5));
    }
    let is_good = answer.starts_with(b"HTTP/1.1 200") || answer.starts_with(b"HTTP/1.1 304");
    let has_failed = !is_good || matches!(fault, Fault::CutOff | Fault::Slow);
    shared.tries.lock().unwrap().push(Try { at, is_auth, has_failed });
    if matches!(fault, Fault::Slow | Fault::HalfOpen) {
        // Longer than the client waits; real time.
        tokio::time::sleep(super::TIME_LIMIT * 3).await;
    }
    let _ = client.write_all(&answer).await;
    let _ = client.shutdown().await;
}

/// A whole request, as text, that asks for the connection to be closed.
async fn read(client: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head
                .to_lowercase()
                .split("content-length: ")
                .nth(1)
                .map_or(0, |rest| rest.lines().next().unwrap().trim().parse().unwrap());
            while bytes.len() < end + 4 + length {
                client.read_buf(&mut bytes).await.ok().filter(|read| *read > 0)?;
            }
            let body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
            return Some(format!("{head}\r\nConnection: close\r\n\r\n{body}"));
        }
        client.read_buf(&mut bytes).await.ok().filter(|read| *read > 0)?;
    }
}

async fn forward(request: &str, server: &str) -> Vec<u8> {
    let mut answer = Vec::new();
    if let Ok(mut stream) = TcpStream::connect(server).await {
        let _ = stream.write_all(request.as_bytes()).await;
        let _ = stream.read_to_end(&mut answer).await;
    }
    answer
}

fn refusal(status: u16, error: &str, header: &str) -> Vec<u8> {
    let body = format!(r#"{{"reqId":"req-x","statusCode":{status},"message":"No","error":"{error}"}}"#);
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{header}Connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}
