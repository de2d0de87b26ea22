//! How `SQLite` does a query, for tests that look at the indexes it uses.

use crate::Store;
use crate::engine::{Arg, FromRow, Row, Sql};
use crate::error::StoreResult;

struct Step(String);

impl FromRow for Step {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self(row.text("detail")?))
    }
}

/// The steps, one a line.
pub(crate) async fn plan(store: &Store, sql: &str, values: Vec<Arg>) -> String {
    let sql = Sql::Built(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps: Vec<Step> = store.pools().all(sql, values).await.unwrap();
    steps.into_iter().map(|Step(text)| text).collect::<Vec<_>>().join("\n")
}
