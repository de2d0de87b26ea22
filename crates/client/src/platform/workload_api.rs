//! `FetchJWTSVID` of the SPIFFE Workload API: one gRPC call over a Unix socket.
//!
//! The two messages have one field each that matters here, so they are written and read by hand (Protocol Buffers
//! encoding: tag, length, bytes), and gRPC is five bytes in front of a message (gRPC over HTTP/2, "Length-Prefixed-Message").

use std::path::Path;
use std::time::Duration;

/// Longest time for the call.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Largest answer, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;
const URL: &str = "http://localhost/SpiffeWorkloadAPI/FetchJWTSVID";

/// Asks for a JWT-SVID; the first of several is the workload's default. An error says why, without a secret.
#[cfg(unix)]
pub(super) async fn fetch_jwt_svid(socket: &Path, audience: &str) -> Result<String, String> {
    tokio::time::timeout(TIMEOUT, call(socket, audience)).await.map_err(|_| "no answer in time".to_owned())?
}

#[cfg(not(unix))]
pub(super) async fn fetch_jwt_svid(_: &Path, _: &str) -> Result<String, String> {
    Err("this system has no Unix sockets".to_owned())
}

#[cfg(unix)]
async fn call(socket: &Path, audience: &str) -> Result<String, String> {
    #[allow(clippy::disallowed_methods, reason = "this is the client; the server's way out is elsewhere")]
    let stream = tokio::net::UnixStream::connect(socket).await.map_err(|error| error.to_string())?;
    let broken = |error: h2::Error| error.to_string();
    let (client, connection) = h2::client::handshake(stream).await.map_err(broken)?;
    let driver = tokio::spawn(connection);
    let request = http::Request::post(URL)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        // Without it the API refuses, so that nobody else's HTTP client can be made to call it (section 6.2 of the
        // SPIFFE Workload Endpoint specification).
        .header("workload.spiffe.io", "true")
        .body(())
        .map_err(|error| error.to_string())?;
    let mut client = client.ready().await.map_err(broken)?;
    let (response, mut sending) = client.send_request(request, false).map_err(broken)?;
    sending.send_data(framed(&field(1, audience.as_bytes())).into(), true).map_err(broken)?;
    let response = response.await.map_err(broken)?;
    refused(response.headers())?;
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.map_err(broken)?;
        let _ = body.flow_control().release_capacity(chunk.len());
        if bytes.len() + chunk.len() > LARGEST_ANSWER {
            return Err("its answer is larger than 64 KiB".to_owned());
        }
        bytes.extend_from_slice(&chunk);
    }
    if let Some(trailers) = body.trailers().await.map_err(broken)? {
        refused(&trailers)?;
    }
    driver.abort();
    svid(&bytes).ok_or_else(|| "it answered with something else than a JWT-SVID".to_owned())
}

/// The status that a call ended with, if it is one of an error.
#[cfg(unix)]
fn refused(headers: &http::HeaderMap) -> Result<(), String> {
    match headers.get("grpc-status").and_then(|status| status.to_str().ok()) {
        None | Some("0") => Ok(()),
        Some("7") => Err("it knows no identity for this workload (status 7)".to_owned()),
        Some(status) => Err(format!("it refused with status {status}")),
    }
}

/// A message, framed for gRPC: not compressed.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0][..], &length.to_be_bytes(), message].concat()
}

/// A field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut left = bytes.len();
    while left > 0x7f {
        out.push(u8::try_from(left & 0x7f).unwrap_or_default() | 0x80);
        left >>= 7;
    }
    out.push(u8::try_from(left).unwrap_or_default());
    out.extend_from_slice(bytes);
    out
}

/// The first JWT-SVID of a reply: `JWTSVIDResponse.svids = 1`, `JWTSVID.svid = 2`.
fn svid(reply: &[u8]) -> Option<String> {
    let (head, rest) = reply.split_at_checked(5)?;
    let length = u32::from_be_bytes(head.get(1..5)?.try_into().ok()?);
    let message = rest.get(..usize::try_from(length).ok()?).filter(|_| head.first() == Some(&0))?;
    let first = bytes_of(message, 1)?;
    let svid = bytes_of(first, 2)?;
    String::from_utf8(svid.to_vec()).ok().filter(|svid| !svid.is_empty())
}

/// The first field of this number, which has to be one of bytes.
fn bytes_of(mut message: &[u8], number: u64) -> Option<&[u8]> {
    while !message.is_empty() {
        let tag = varint(&mut message)?;
        match tag & 7 {
            0 => drop(varint(&mut message)?),
            2 => {
                let length = usize::try_from(varint(&mut message)?).ok()?;
                let (bytes, rest) = message.split_at_checked(length)?;
                if tag >> 3 == number {
                    return Some(bytes);
                }
                message = rest;
            }
            1 => message = message.get(8..)?,
            5 => message = message.get(4..)?,
            _ => return None,
        }
    }
    None
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_svid_of_a_reply_is_read() {
        let one =
            |id: &str, svid: &str| field(1, &[field(1, id.as_bytes()), field(2, svid.as_bytes())].concat());
        let long = "x".repeat(300);
        let message = [one("spiffe://a/b", &long), one("spiffe://a/c", "other")].concat();
        assert_eq!(svid(&framed(&message)), Some(long));
        assert_eq!(svid(&framed(&[])), None);
        for cut in 0..framed(&message).len() {
            assert_eq!(svid(&framed(&message)[..cut]), None, "{cut}");
        }
    }
}
