//! A server on a free port, on either database, with a clock in the test's hand and persons to act
//! as. For tests only.
//!
//! Write a test as `async fn name(server: TestServer)` and list it in [`both!`]: it runs on `SQLite`
//! and on `PostgreSQL`. `cargo xtask test` starts the latter and names it in
//! `VOUCHSAFE_TEST_POSTGRES`.
#![allow(clippy::disallowed_methods, reason = "tests call their own servers")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod database;
mod person;
mod proxy;
mod server;

pub use database::{Engine, TestDatabase, count, execute, postgres_admin_url};
pub use person::{Answer, Person};
pub use proxy::Wire;
pub use server::{PASSWORD, START, TestServer};

/// Runs each listed `async fn(TestServer)` on both databases.
#[macro_export]
macro_rules! both {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::TestServer::start($crate::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name($crate::TestServer::start($crate::Engine::Postgres).await).await;
            }
        }
    )*};
}
