//! A server that publishes keys, as clouds do.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

type Documents = Arc<Mutex<HashMap<String, Value>>>;

/// A server with a JSON document at each of some paths. What is not there is answered as Google and Microsoft do: 404.
pub(crate) struct FakeKeys {
    address: SocketAddr,
    documents: Documents,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeKeys {
    /// A new server without documents.
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (documents, asked) = (Documents::default(), Arc::<Mutex<Vec<String>>>::default());
        let (ours, log) = (Arc::clone(&documents), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (documents, log) = (Arc::clone(&ours), Arc::clone(&log));
                tokio::spawn(async move { answer(stream, &documents, &log).await });
            }
        });
        Self { address, documents, asked }
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> url::Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    /// Publishes a document.
    pub(crate) fn publish(&self, path: &str, document: Value) {
        self.documents.lock().unwrap().insert(path.to_owned(), document);
    }

    /// The paths that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(stream: TcpStream, documents: &Documents, log: &Mutex<Vec<String>>) {
    let mut stream = BufReader::new(stream);
    let (mut request, mut line) = (String::new(), String::new());
    while stream.read_line(&mut line).await.is_ok_and(|read| read > 2) {
        request.push_str(&line);
        line.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let found = documents.lock().unwrap().get(&path).cloned();
    log.lock().unwrap().push(path);
    let (status, body) = match found {
        Some(document) => ("200 OK", document.to_string()),
        None => (
            "404 Not Found",
            "{\"error\":{\"code\":404,\"message\":\"Not Found\",\"status\":\"NOT_FOUND\"}}".to_owned(),
        ),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}
