//! HTTP/1.1 as the load generator speaks it: requests rendered beforehand, replies read no further than needed.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest reply it reads; nothing that is measured comes near.
const LIMIT: usize = 1 << 20;

/// Renders a request. `token` becomes a bearer token; a request with a body says it is JSON.
pub(crate) fn render(
    host: SocketAddr,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> String {
    use std::fmt::Write as _;
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: vouchsafe-xtask\r\n");
    if let Some(token) = token {
        let _ = write!(request, "Authorization: Bearer {token}\r\n");
    }
    if let Some(body) = body {
        let _ = write!(request, "Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    }
    request.push_str("\r\n");
    request.push_str(body.unwrap_or_default());
    request
}

/// One kept-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request and reads its reply: the status and the body.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<(u16, &[u8])> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            // Only the end of what was there before can complete the blank line.
            let from = self.buffer.len().saturating_sub(3);
            self.read_more().await?;
            if let Some(end) = find_blank_line(&self.buffer[from..]) {
                break parse_head(&self.buffer[..from + end])?;
            }
        };
        while self.buffer.len() < head.end {
            self.read_more().await?;
        }
        if self.buffer.len() > head.end {
            return Err(invalid("more bytes than one reply has"));
        }
        Ok((head.status, &self.buffer[head.start..head.end]))
    }

    async fn read_more(&mut self) -> io::Result<()> {
        if self.buffer.len() > LIMIT {
            return Err(invalid("the reply is too long"));
        }
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

/// What the head of a reply says: the status, and where the body starts and ends.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    start: usize,
    end: usize,
}

/// The length up to and including the blank line, if it is there.
fn find_blank_line(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

fn parse_head(head: &[u8]) -> io::Result<Head> {
    let text = std::str::from_utf8(head).map_err(|_| invalid("the head is not text"))?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    let status = status.ok_or_else(|| invalid("no status line"))?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = match length {
        Some(length) if length <= LIMIT => length,
        None if status == 204 => 0,
        _ => return Err(invalid("no usable Content-Length")),
    };
    Ok(Head { status, start: head.len(), end: head.len() + length })
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_tells_status_and_body() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 12\r\n\r\n";
        let start = head.len();
        assert_eq!(find_blank_line(head), Some(start));
        assert_eq!(parse_head(head).ok(), Some(Head { status: 200, start, end: start + 12 }));
    }

    #[test]
    fn a_head_without_a_length_is_refused() {
        assert!(parse_head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(parse_head(b"HTTP/1.1 204 No Content\r\n\r\n").is_ok());
    }
}
