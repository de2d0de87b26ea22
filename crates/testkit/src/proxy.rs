//! A wire to the database that a test can cut and mend.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Forwards connections to the `PostgreSQL` server of the tests while it is not cut.
pub struct Wire {
    port: u16,
    cut: Arc<AtomicBool>,
    sever: Arc<Notify>,
}

impl Wire {
    /// A wire to the server that this URL names.
    pub async fn to(url: &str) -> Self {
        let target = url::Url::parse(url).unwrap();
        let target = format!("{}:{}", target.host_str().unwrap(), target.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cut, sever) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
        let (is_cut, severed) = (Arc::clone(&cut), Arc::clone(&sever));
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let (target, severed) = (target.clone(), Arc::clone(&severed));
                tokio::spawn(async move {
                    let Ok(mut to) = TcpStream::connect(target).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut from, &mut to) => {}
                        () = severed.notified() => {}
                    }
                });
            }
        });
        Self { port, cut, sever }
    }

    /// The same URL, through this wire.
    pub fn through(&self, url: &str) -> String {
        let mut url = url::Url::parse(url).unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.port)).unwrap();
        url.to_string()
    }

    /// Breaks all connections and refuses new ones.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        self.sever.notify_waiters();
    }

    /// Accepts connections again.
    pub fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }
}
