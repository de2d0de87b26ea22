//! A connection to a directory.
//!
//! This speaks the few messages that are needed (`wire`) instead of handing the connection to an LDAP library: what a
//! directory sends is bounded in size and depth, and one deadline covers everything.

use std::future::Future;
use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use super::wire::{self, Answer, Code, Entry, MOST_MESSAGE, Search};
use crate::net::{NetError, Outbound, SIZE_LIMIT, TIME_LIMIT, Trust, Wire};
use crate::{Issue, Reason, Refusal};

/// Where a directory is, and how a connection to it is encrypted.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) host: String,
    port: u16,
    security: Security,
    trust: Trust,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS on wish, before anything else is said.
    StartTls,
    /// None: only for targets that the operator allowed.
    None,
}

impl Place {
    /// Reads `ldap://host[:port]` or `ldaps://host[:port]`.
    pub(super) fn parse(url: &str, start_tls: bool, trust: Trust) -> Result<Self, Issue> {
        let odd = || {
            let expected = "Expected ldaps://host or ldap://host, perhaps with a port, and nothing else";
            Issue::new("url", expected)
        };
        if url.len() > 512 {
            return Err(odd());
        }
        let url: Url = url.parse().map_err(|_| odd())?;
        let (security, port) = match (url.scheme(), start_tls) {
            ("ldaps", false) => (Security::Tls, 636),
            ("ldap", true) => (Security::StartTls, 389),
            ("ldap", false) => (Security::None, 389),
            ("ldaps", true) => {
                return Err(Issue::new(
                    "startTls",
                    "StartTLS is for ldap:// only: ldaps:// is encrypted from the start",
                ));
            }
            _ => return Err(odd()),
        };
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none();
        let host = url.host_str().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).to_owned();
        if !is_bare || ServerName::try_from(host.as_str()).is_err() {
            return Err(odd());
        }
        Ok(Self { host, port: url.port().unwrap_or(port), security, trust })
    }
}

/// Runs a dialogue, which has to be over in time.
pub(super) async fn in_time<T>(
    place: &Place,
    dialogue: impl Future<Output = Result<T, Refusal>> + Send,
) -> Result<T, Refusal> {
    match timeout(TIME_LIMIT, dialogue).await {
        Ok(result) => result,
        Err(_) => Err(NetError::Timeout(place.host.clone()).into()),
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection to a directory. Closed when it is dropped.
pub(super) struct Directory {
    stream: Box<dyn Stream>,
    host: String,
    last_id: u32,
    /// How many bytes the directory may still send.
    left: usize,
}

/// What a search found.
pub(super) struct Found {
    pub(super) code: Code,
    pub(super) entries: Vec<Entry>,
}

impl Directory {
    /// Connects, and encrypts the connection if it is to be.
    pub(super) async fn open(outbound: &Outbound, place: &Place) -> Result<Self, Refusal> {
        let wire = if place.security == Security::None { Wire::Plain } else { Wire::Encrypted };
        let tcp = outbound.connect(&place.host, place.port, wire).await?;
        let open = |stream| Self { stream, host: place.host.clone(), last_id: 0, left: SIZE_LIMIT };
        let tcp = match place.security {
            Security::None => return Ok(open(Box::new(tcp))),
            Security::Tls => tcp,
            Security::StartTls => agreed(tcp, place).await?,
        };
        let config = outbound.tls(&place.trust)?;
        Ok(open(Box::new(encrypted(tcp, config, place).await?)))
    }

    /// Binds as somebody (RFC 4511 section 4.2); answers with the directory's verdict. Neither may be empty: a directory
    /// takes that for an anonymous bind and says yes.
    pub(super) async fn bind(&mut self, dn: &str, password: &str) -> Result<Code, Refusal> {
        if dn.trim().is_empty() || password.is_empty() {
            return Err(Refusal::new(
                Reason::Malformed,
                "an empty DN or password is never sent to a directory",
            ));
        }
        let id = self.next_id();
        self.send(&wire::bind(id, dn, password)).await?;
        self.result(id).await
    }

    /// Searches; referrals are not followed.
    pub(super) async fn search(&mut self, search: Search<'_>) -> Result<Found, Refusal> {
        let (id, limit) = (self.next_id(), usize::from(search.limit));
        let request = wire::search(id, search)
            .ok_or_else(|| Refusal::new(Reason::Configuration, "the search filter cannot be written"))?;
        self.send(&request).await?;
        let mut entries = Vec::new();
        loop {
            match self.answer(id).await? {
                Answer::Entry(entry) if entries.len() < limit => entries.push(entry),
                // More than were asked for: as if the directory had said that there are more.
                Answer::Entry(_) => return Ok(Found { code: Code::SIZE_LIMIT, entries }),
                Answer::Reference => {}
                Answer::Result(code) => return Ok(Found { code, entries }),
            }
        }
    }

    /// Says good-bye; it does not matter whether that is heard.
    pub(super) async fn close(mut self) {
        let id = self.next_id();
        let _ = self.send(&wire::unbind(id)).await;
        let _ = self.stream.shutdown().await;
    }

    fn next_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), Refusal> {
        let sent = async {
            self.stream.write_all(message).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|error| broken(&self.host, &error))
    }

    async fn result(&mut self, id: u32) -> Result<Code, Refusal> {
        match self.answer(id).await? {
            Answer::Result(code) => Ok(code),
            Answer::Entry(_) | Answer::Reference => Err(odd(&self.host)),
        }
    }

    /// The next answer to this message. A directory that says something else, such as that it ends the connection
    /// (RFC 4511 section 4.4.1), says nothing that could be used.
    async fn answer(&mut self, id: u32) -> Result<Answer, Refusal> {
        let content = receive(&mut self.stream, &self.host, &mut self.left).await?;
        match wire::read(&content) {
            Some((found, answer)) if found == u64::from(id) => Ok(answer),
            _ => Err(odd(&self.host)),
        }
    }
}

/// Agrees on TLS (RFC 4511 section 4.14). Nothing is read beyond the answer, so that nothing that was sent in the clear
/// can be taken for something that came encrypted.
async fn agreed<S: Stream>(mut tcp: S, place: &Place) -> Result<S, Refusal> {
    let host = &place.host;
    tcp.write_all(&wire::start_tls(1)).await.map_err(|error| broken(host, &error))?;
    let mut left = MOST_MESSAGE;
    match wire::read(&receive(&mut tcp, host, &mut left).await?) {
        Some((1, Answer::Result(Code::SUCCESS))) => Ok(tcp),
        Some((1, Answer::Result(code))) => {
            let why = format!("{host} does not agree to StartTLS: {}", code.name());
            Err(Refusal::new(Reason::Unreachable, why))
        }
        _ => Err(odd(host)),
    }
}

async fn encrypted<S: Stream>(
    tcp: S,
    config: Arc<rustls::ClientConfig>,
    place: &Place,
) -> Result<impl Stream + use<S>, Refusal> {
    let name = ServerName::try_from(place.host.clone()).map_err(|_| NetError::Url)?;
    TlsConnector::from(config).connect(name, tcp).await.map_err(|error| {
        let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let why = cause.map_or_else(|| error.kind().to_string(), ToString::to_string);
        NetError::Tls(place.host.clone(), why).into()
    })
}

/// Reads a message: the content of its outermost sequence.
async fn receive<S: AsyncRead + Unpin + ?Sized>(
    stream: &mut S,
    host: &str,
    left: &mut usize,
) -> Result<Vec<u8>, Refusal> {
    let lost = |error: io::Error| broken(host, &error);
    let mut head = [0; 2];
    stream.read_exact(&mut head).await.map_err(lost)?;
    let [0x30, second] = head else { return Err(odd(host)) };
    let more = wire::length_bytes(second).ok_or_else(|| odd(host))?;
    let mut length = vec![0; more];
    stream.read_exact(&mut length).await.map_err(lost)?;
    let length = if more == 0 { Some(u64::from(second)) } else { wire::unsigned(&length) };
    let length = length.and_then(|length| usize::try_from(length).ok()).ok_or_else(|| odd(host))?;
    if length > MOST_MESSAGE || length > *left {
        return Err(NetError::TooLarge(host.to_owned()).into());
    }
    *left -= length;
    let mut content = vec![0; length];
    stream.read_exact(&mut content).await.map_err(lost)?;
    Ok(content)
}

fn broken(host: &str, error: &io::Error) -> Refusal {
    NetError::Unreachable(host.to_owned(), error.kind().to_string()).into()
}

fn odd(host: &str) -> Refusal {
    Refusal::new(
        Reason::ProviderAnswer,
        format!("what {host} answers is not LDAP, or it ended the connection"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        let host = |url: &str, start_tls| {
            Place::parse(url, start_tls, Trust::Public).map(|p| (p.host, p.port, p.security))
        };
        assert_eq!(
            host("ldaps://ldap.example.com", false).unwrap(),
            ("ldap.example.com".into(), 636, Security::Tls)
        );
        assert_eq!(
            host("ldap://ldap.example.com/", true).unwrap(),
            ("ldap.example.com".into(), 389, Security::StartTls)
        );
        assert_eq!(host("ldap://127.0.0.1:3389", false).unwrap(), ("127.0.0.1".into(), 3389, Security::None));
        assert_eq!(host("ldaps://[::1]:1636", false).unwrap(), ("::1".into(), 1636, Security::Tls));
        for bad in [
            "",
            "ldap",
            "http://a",
            "ldapi://%2fvar%2frun%2fldapi",
            "ldap://",
            "ldap://a:b@c",
            "ldap://a/dc=b",
            "ldap://a?x",
            "ldap://a#x",
            "ldap://a b",
            "ldap://a%20b",
        ] {
            assert!(host(bad, false).is_err(), "{bad}");
        }
        assert!(host("ldaps://a", true).is_err());
    }

    #[tokio::test]
    async fn what_is_too_large_or_odd_is_refused_unread() {
        for (bytes, reason) in [
            (&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff][..], Reason::ProviderAnswer),
            (&[0x30, 0x85, 1, 1, 1, 1, 1], Reason::ProviderAnswer),
            (b"HTTP/1.1 400", Reason::ProviderAnswer),
            (&[0x30, 5, 2, 1], Reason::Unreachable),
        ] {
            let mut left = SIZE_LIMIT;
            let refusal = receive(&mut &bytes[..], "host", &mut left).await.unwrap_err();
            assert_eq!(refusal.reason, reason);
        }
        let mut left = 3;
        assert!(receive(&mut &[0x30, 4, 0, 0, 0, 0][..], "host", &mut left).await.is_err());
    }
}
