//! Forward-only migrations, embedded in the binary and checked at every start.

use crate::engine::{FromRow, Pools, Row, Tx, args, postgres_ddl};
use crate::error::{StoreError, StoreResult};
use vouchsafe_domain::time::Timestamp;

/// All migrations in order: number and text. An entry that was released is never edited.
const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../migrations/0001_first.sql")),
    (2, include_str!("../migrations/0002_denials.sql")),
    (3, include_str!("../migrations/0003_documents.sql")),
    (4, include_str!("../migrations/0004_expiring.sql")),
    (5, include_str!("../migrations/0005_lists.sql")),
    (6, include_str!("../migrations/0006_states.sql")),
    (7, include_str!("../migrations/0007_roles_of_identities.sql")),
    (8, include_str!("../migrations/0008_names_in_lower_case.sql")),
];

/// Held during migration on `PostgreSQL`, so that replicas starting together take turns.
const ADVISORY_LOCK: i64 = 0x766f_7563_6873_6166;

struct Applied {
    number: i64,
    checksum: String,
}

impl FromRow for Applied {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self { number: row.int("number")?, checksum: row.text("checksum")? })
    }
}

/// Brings the database to this version, or says why it cannot.
pub(crate) async fn migrate(pools: &Pools, now: Timestamp) -> StoreResult<()> {
    let mut tx = pools.begin().await?;
    if tx.is_postgres() {
        tx.conn().run("SELECT pg_advisory_xact_lock($1)", args![ADVISORY_LOCK]).await?;
    }
    let create = "CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, checksum TEXT NOT NULL, \
                  applied_at BIGINT NOT NULL)";
    tx.conn().run(create, vec![]).await?;
    let applied: Vec<Applied> =
        tx.conn().all("SELECT number, checksum FROM migrations ORDER BY number", vec![]).await?;
    check_known(&applied)?;
    for (number, text) in MIGRATIONS.iter().skip(applied.len()) {
        apply(&mut tx, *number, text, now).await?;
    }
    tx.commit().await
}

fn check_known(applied: &[Applied]) -> StoreResult<()> {
    for (position, row) in applied.iter().enumerate() {
        match MIGRATIONS.get(position) {
            Some((number, text)) if *number == row.number && checksum(text) == row.checksum => {}
            Some((number, _)) if *number == row.number => {
                return Err(StoreError::Other(format!(
                    "migration {number} of this database differs from the one in this version of vouchsafe; \
                     run the version that made it"
                )));
            }
            _ => {
                return Err(StoreError::Other(format!(
                    "this database was made by a newer version of vouchsafe (migration {} is unknown here); \
                     run that version or a later one",
                    row.number
                )));
            }
        }
    }
    Ok(())
}

async fn apply(tx: &mut Tx, number: i64, text: &str, now: Timestamp) -> StoreResult<()> {
    let ddl = if tx.is_postgres() { postgres_ddl(text) } else { text.to_owned() };
    for statement in ddl.split(";\n").map(strip_comments).filter(|statement| !statement.trim().is_empty()) {
        tx.conn().run(crate::engine::Sql::Built(statement), vec![]).await?;
    }
    let record = "INSERT INTO migrations (number, checksum, applied_at) VALUES ($1, $2, $3)";
    tx.conn().run(record, args![number, checksum(text), now]).await?;
    Ok(())
}

fn strip_comments(statement: &str) -> String {
    statement.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n")
}

/// FNV-1a, 64 bits: tells an edited migration from the one that was applied; not a security control.
fn checksum(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}
