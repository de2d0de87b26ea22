//! A Workload API that speaks gRPC as SPIRE's agent does.

use std::path::PathBuf;

use bytes::Bytes;
use tokio::net::UnixListener;
use vouchsafe_client::platform::Spiffe;

use crate::service::Around;

/// Answers one call after the other: with this message and status, if it was asked as it should be.
fn serve(listener: UnixListener, message: &'static [u8], status: &'static str) {
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut connection = h2::server::handshake(stream).await.expect("HTTP/2");
            while let Some(call) = connection.accept().await {
                let Ok((request, mut respond)) = call else { break };
                let headers = request.headers();
                let is_good = request.uri().path() == "/SpiffeWorkloadAPI/FetchJWTSVID"
                    && headers.get("workload.spiffe.io").is_some_and(|value| value == "true")
                    && headers.get("content-type").is_some_and(|value| value == "application/grpc");
                let mut body = request.into_body();
                let asked = body.data().await.expect("a message").expect("whole");
                // The audience `vouchsafe` as field 1, in one message that is not compressed.
                let is_good = is_good && &asked[..] == b"\0\0\0\0\x0b\x0a\x09vouchsafe";
                let response = http::Response::builder().header("content-type", "application/grpc");
                let mut sending =
                    respond.send_response(response.body(()).expect("a response"), false).expect("sent");
                sending.send_data(Bytes::from_static(message), false).expect("sent");
                let status = if is_good { status } else { "3" };
                let mut trailers = http::HeaderMap::new();
                trailers.insert("grpc-status", status.parse().expect("a status"));
                sending.send_trailers(trailers).expect("sent");
            }
        }
    });
}

/// `JWTSVIDResponse { svids: [{ spiffe_id: "spiffe://a/b", svid: "canary" }] }` with its five bytes in front.
const REPLY: &[u8] = b"\0\0\0\0\x18\x0a\x16\x0a\x0cspiffe://a/b\x12\x06canary";

fn listening(around: &Around, name: &str) -> (UnixListener, PathBuf) {
    let path = around.folder.path().join(name);
    (UnixListener::bind(&path).expect("binds"), path)
}

#[tokio::test]
async fn an_svid_comes_from_the_workload_api() {
    let around = Around::new(&[("VOUCHSAFE_SPIFFE_AUDIENCE", "vouchsafe")]);
    let (listener, path) = listening(&around, "good.sock");
    serve(listener, REPLY, "0");
    let url = format!("unix://{}", path.display());
    let around = around.with(&[("SPIFFE_ENDPOINT_SOCKET", url.as_str())]);
    assert_eq!(around.fields(&Spiffe::default()).await["jwt"], "canary");
    let other = Spiffe { audience: Some("other".to_owned()), ..Spiffe::default() };
    assert!(around.refused(&other).await.contains("status 3"));
}

#[tokio::test]
async fn a_workload_api_that_refuses_is_no_svid() {
    let around = Around::new(&[("VOUCHSAFE_SPIFFE_AUDIENCE", "vouchsafe")]);
    for (name, message, status, why) in [
        ("nobody.sock", REPLY, "7", "knows no identity"),
        ("odd.sock", b"\0\0\0\0\x01\xff".as_slice(), "0", "something else than a JWT-SVID"),
    ] {
        let (listener, path) = listening(&around, name);
        serve(listener, message, status);
        let refused = around.refused(&Spiffe { socket: Some(path), ..Spiffe::default() }).await;
        assert!(refused.contains(why), "{refused}");
    }
    let nowhere = Spiffe { socket: Some(PathBuf::from("/nowhere.sock")), ..Spiffe::default() };
    assert!(around.refused(&nowhere).await.contains("the Workload API at /nowhere.sock"));
    assert!(around.refused(&Spiffe::default()).await.contains("no SVID was found"));
}
