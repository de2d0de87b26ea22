//! The one place that knows that there are two databases.
//!
//! Statements are written once, with `$1` parameters and portable column types; this module binds
//! them, runs them and reads rows on whichever engine is open.

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Arguments as _, PgConnection, PgPool, Postgres, Row as _, SqliteConnection, SqlitePool};
use std::fmt::Write;
use std::str::FromStr;
use vouchsafe_domain::time::Timestamp;

use crate::error::{StoreError, StoreResult};
use crate::writer::{Writer, Writing};

/// The pools of the engine that is open. `SQLite` has one writer and several readers.
#[derive(Clone, Debug)]
pub(crate) enum Pools {
    Sqlite { write: Writer, read: SqlitePool },
    Postgres(PgPool),
}

/// One connection of either engine.
pub(crate) enum Conn<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// A bound value. `None` carries its type, which `PostgreSQL` wants to know.
#[derive(Clone, Debug)]
pub(crate) enum Arg {
    Text(Option<String>),
    Int(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

/// Bound values in order: `args![a, b, c]`.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::engine::Arg::from($value)),*] };
}
pub(crate) use args;

macro_rules! arg_from {
    ($($ty:ty => |$v:ident| $arg:expr;)*) => {$(
        impl From<$ty> for Arg { fn from($v: $ty) -> Self { $arg } }
    )*};
}
arg_from! {
    &str => |v| Self::Text(Some(v.to_owned()));
    String => |v| Self::Text(Some(v));
    &String => |v| Self::Text(Some(v.clone()));
    Option<String> => |v| Self::Text(v);
    Option<&str> => |v| Self::Text(v.map(str::to_owned));
    i64 => |v| Self::Int(Some(v));
    Option<i64> => |v| Self::Int(v);
    bool => |v| Self::Int(Some(i64::from(v)));
    Option<bool> => |v| Self::Int(v.map(i64::from));
    Timestamp => |v| Self::Int(Some(v.as_millis()));
    Option<Timestamp> => |v| Self::Int(v.map(vouchsafe_domain::Timestamp::as_millis));
    Vec<u8> => |v| Self::Bytes(Some(v));
    &[u8] => |v| Self::Bytes(Some(v.to_vec()));
    Option<Vec<u8>> => |v| Self::Bytes(v);
}
macro_rules! arg_from_ids {
    ($($id:ident),*) => {$(
        impl From<vouchsafe_domain::id::$id> for Arg {
            fn from(v: vouchsafe_domain::id::$id) -> Self { Self::Text(Some(v.to_string())) }
        }
        impl From<Option<vouchsafe_domain::id::$id>> for Arg {
            fn from(v: Option<vouchsafe_domain::id::$id>) -> Self { Self::Text(v.map(|id| id.to_string())) }
        }
    )*};
}
arg_from_ids!(
    OrgId,
    UserId,
    SessionId,
    IdentityId,
    MembershipId,
    ProjectId,
    EnvironmentId,
    FolderId,
    SecretId,
    ImportId,
    TagId,
    AuthMethodId,
    ClientSecretId,
    TokenId,
    RoleId,
    GroupId,
    PrivilegeId,
    EventId
);

/// A row of either engine, read by column name.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! column {
    ($row:expr, $column:expr, $ty:ty) => {
        match $row {
            Row::Sqlite(row) => row.try_get::<$ty, _>($column),
            Row::Postgres(row) => row.try_get::<$ty, _>($column),
        }
        .map_err(StoreError::from)
    };
}

impl Row {
    pub(crate) fn text(&self, column: &str) -> StoreResult<String> {
        column!(self, column, String)
    }

    pub(crate) fn opt_text(&self, column: &str) -> StoreResult<Option<String>> {
        column!(self, column, Option<String>)
    }

    pub(crate) fn int(&self, column: &str) -> StoreResult<i64> {
        column!(self, column, i64)
    }

    pub(crate) fn opt_int(&self, column: &str) -> StoreResult<Option<i64>> {
        column!(self, column, Option<i64>)
    }

    pub(crate) fn flag(&self, column: &str) -> StoreResult<bool> {
        Ok(self.int(column)? != 0)
    }

    pub(crate) fn bytes(&self, column: &str) -> StoreResult<Vec<u8>> {
        column!(self, column, Vec<u8>)
    }

    pub(crate) fn opt_bytes(&self, column: &str) -> StoreResult<Option<Vec<u8>>> {
        column!(self, column, Option<Vec<u8>>)
    }

    pub(crate) fn time(&self, column: &str) -> StoreResult<Timestamp> {
        Ok(Timestamp::from_millis(self.int(column)?))
    }

    pub(crate) fn opt_time(&self, column: &str) -> StoreResult<Option<Timestamp>> {
        Ok(self.opt_int(column)?.map(Timestamp::from_millis))
    }

    /// A value parsed from its text: an id, a slug, an enumeration.
    pub(crate) fn parsed<T: FromStr>(&self, column: &str) -> StoreResult<T> {
        self.text(column)?.parse().map_err(|_| StoreError::corrupt(column))
    }

    pub(crate) fn opt_parsed<T: FromStr>(&self, column: &str) -> StoreResult<Option<T>> {
        self.opt_text(column)?.map(|text| text.parse().map_err(|_| StoreError::corrupt(column))).transpose()
    }

    /// A value kept as JSON text.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> StoreResult<T> {
        serde_json::from_str(&self.text(column)?).map_err(|_| StoreError::corrupt(column))
    }
}

/// A type that is read from a row.
pub(crate) trait FromRow: Sized {
    fn from_row(row: &Row) -> StoreResult<Self>;
}

/// One integer, from the column `n`: counts and flags.
impl FromRow for i64 {
    fn from_row(row: &Row) -> StoreResult<Self> {
        row.int("n")
    }
}

/// One text, from the column `t`.
impl FromRow for String {
    fn from_row(row: &Row) -> StoreResult<Self> {
        row.text("t")
    }
}

fn sqlite_arguments(args: Vec<Arg>) -> StoreResult<sqlx::sqlite::SqliteArguments> {
    let mut bound = sqlx::sqlite::SqliteArguments::default();
    for arg in args {
        match arg {
            Arg::Text(v) => bound.add(v),
            Arg::Int(v) => bound.add(v),
            Arg::Bytes(v) => bound.add(v),
        }
        .map_err(StoreError::encode)?;
    }
    Ok(bound)
}

fn postgres_arguments(args: Vec<Arg>) -> StoreResult<sqlx::postgres::PgArguments> {
    let mut bound = sqlx::postgres::PgArguments::default();
    for arg in args {
        match arg {
            Arg::Text(v) => bound.add(v),
            Arg::Int(v) => bound.add(v),
            Arg::Bytes(v) => bound.add(v),
        }
        .map_err(StoreError::encode)?;
    }
    Ok(bound)
}

/// Written before a column in parentheses that is compared by `LIKE` with a pattern in lower case, whatever the case of
/// ASCII letters in the column. Only in [`Sql::Built`].
pub(crate) const ANY_CASE: &str = "ANY_CASE";

/// A statement: a constant, or text built by the filter builder from constants.
pub(crate) enum Sql {
    Static(&'static str),
    Built(String),
    /// Built, with many parameters, each used once and in order.
    Rows(String),
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self::Static(text)
    }
}

impl Sql {
    /// Built text with [`ANY_CASE`] is left to `LIKE`, which ignores the case of ASCII letters. Rows are as `SQLite` reads
    /// them fastest: it finds each `$1` by searching all names, which takes long when there are hundreds, while a plain
    /// `?` is just the next one.
    fn for_sqlite(self) -> Self {
        match self {
            Self::Built(text) if text.contains(ANY_CASE) => Self::Built(text.replace(ANY_CASE, "")),
            Self::Rows(text) => {
                let mut plain = String::with_capacity(text.len());
                let mut parts = text.split('$');
                plain.extend(parts.next());
                for part in parts {
                    plain.push('?');
                    plain.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
                }
                Self::Rows(plain)
            }
            other => other,
        }
    }

    /// `LOWER` is about ASCII letters only for columns with the collation "C", which all have here, and with it `LIKE` is
    /// faster than `ILIKE`.
    fn for_postgres(self) -> Self {
        match self {
            Self::Built(text) if text.contains(ANY_CASE) => Self::Built(text.replace(ANY_CASE, "LOWER")),
            other => other,
        }
    }
}

impl sqlx::SqlSafeStr for Sql {
    fn into_sql_str(self) -> sqlx::SqlStr {
        match self {
            Self::Static(text) => text.into_sql_str(),
            // Built from constants and numbered parameters only; values are always bound.
            Self::Built(text) | Self::Rows(text) => sqlx::AssertSqlSafe(text).into_sql_str(),
        }
    }
}

/// `SELECT {columns} {rest}`, from two constants.
pub(crate) fn select(columns: &'static str, rest: &'static str) -> Sql {
    Sql::Built(format!("SELECT {columns} {rest}"))
}

impl Conn<'_> {
    pub(crate) async fn rows(&mut self, sql: impl Into<Sql>, args: Vec<Arg>) -> StoreResult<Vec<Row>> {
        let sql = sql.into();
        Ok(match self {
            Conn::Sqlite(c) => {
                let rows =
                    sqlx::query_with(sql.for_sqlite(), sqlite_arguments(args)?).fetch_all(&mut **c).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Conn::Postgres(c) => {
                let rows = sqlx::query_with(sql.for_postgres(), postgres_arguments(args)?)
                    .fetch_all(&mut **c)
                    .await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    pub(crate) async fn all<T: FromRow>(
        &mut self,
        sql: impl Into<Sql>,
        args: Vec<Arg>,
    ) -> StoreResult<Vec<T>> {
        self.rows(sql, args).await?.iter().map(T::from_row).collect()
    }

    pub(crate) async fn one<T: FromRow>(
        &mut self,
        sql: impl Into<Sql>,
        args: Vec<Arg>,
    ) -> StoreResult<Option<T>> {
        self.rows(sql, args).await?.first().map(T::from_row).transpose()
    }

    /// Runs a statement; answers how many rows it touched.
    pub(crate) async fn run(&mut self, sql: impl Into<Sql>, args: Vec<Arg>) -> StoreResult<u64> {
        let sql = sql.into();
        Ok(match self {
            Conn::Sqlite(c) => sqlx::query_with(sql.for_sqlite(), sqlite_arguments(args)?)
                .execute(&mut **c)
                .await?
                .rows_affected(),
            Conn::Postgres(c) => sqlx::query_with(sql.for_postgres(), postgres_arguments(args)?)
                .execute(&mut **c)
                .await?
                .rows_affected(),
        })
    }
}

impl Pools {
    pub(crate) async fn all<T: FromRow>(&self, sql: impl Into<Sql>, args: Vec<Arg>) -> StoreResult<Vec<T>> {
        match self {
            Self::Sqlite { read, .. } => Conn::Sqlite(&mut *read.acquire().await?).all(sql, args).await,
            Self::Postgres(pool) => Conn::Postgres(&mut *pool.acquire().await?).all(sql, args).await,
        }
    }

    pub(crate) async fn one<T: FromRow>(
        &self,
        sql: impl Into<Sql>,
        args: Vec<Arg>,
    ) -> StoreResult<Option<T>> {
        match self {
            Self::Sqlite { read, .. } => Conn::Sqlite(&mut *read.acquire().await?).one(sql, args).await,
            Self::Postgres(pool) => Conn::Postgres(&mut *pool.acquire().await?).one(sql, args).await,
        }
    }

    /// One statement that writes, in a transaction of its own; answers how many rows it touched.
    pub(crate) async fn run(&self, sql: impl Into<Sql>, args: Vec<Arg>) -> StoreResult<u64> {
        match self {
            Self::Sqlite { write, .. } => {
                let statement = async |conn: &mut SqliteConnection| Conn::Sqlite(conn).run(sql, args).await;
                write.take().await?.once(statement).await
            }
            Self::Postgres(pool) => Conn::Postgres(&mut *pool.acquire().await?).run(sql, args).await,
        }
    }

    /// A transaction that may write. On `SQLite` it waits for the one writer.
    pub(crate) async fn begin(&self) -> StoreResult<Tx> {
        Ok(match self {
            Self::Sqlite { write, .. } => {
                let mut writing = write.take().await?;
                writing.begin().await?;
                Tx::Sqlite(writing)
            }
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A connection for statements that follow each other closely. It is kept until it is released, because a pool asks
/// each connection that comes back for a sign of life. `SQLite`'s writer is not kept: others wait for it.
pub(crate) struct Line {
    pools: Pools,
    kept: Option<PoolConnection<Postgres>>,
}

impl Line {
    pub(crate) fn new(pools: Pools) -> Self {
        Self { pools, kept: None }
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.pools
    }

    /// Like [`Pools::run`]. A connection on which a statement failed is given back.
    pub(crate) async fn run(&mut self, sql: impl Into<Sql>, args: Vec<Arg>) -> StoreResult<u64> {
        let Pools::Postgres(pool) = &self.pools else { return self.pools.run(sql, args).await };
        let mut conn = match self.kept.take() {
            Some(conn) => conn,
            None => pool.acquire().await?,
        };
        let touched = Conn::Postgres(&mut conn).run(sql, args).await?;
        self.kept = Some(conn);
        Ok(touched)
    }

    /// Gives the connection back.
    pub(crate) fn release(&mut self) {
        self.kept = None;
    }
}

/// An open transaction; dropped without `commit`, nothing of it happened.
pub(crate) enum Tx {
    Sqlite(Writing),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Tx {
    pub(crate) fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Sqlite(writing) => Conn::Sqlite(writing.conn()),
            Self::Postgres(tx) => Conn::Postgres(&mut *tx),
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    pub(crate) async fn commit(self) -> StoreResult<()> {
        match self {
            Self::Sqlite(writing) => writing.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// Translates a migration from `SQLite`'s STRICT dialect.
pub(crate) fn postgres_ddl(sqlite: &str) -> String {
    let mut out = String::with_capacity(sqlite.len() * 2);
    for line in sqlite.lines().filter(|line| !line.trim_start().starts_with("--")) {
        let line = line
            .replace(") STRICT;", ");")
            .replace(" INTEGER PRIMARY KEY", " BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY")
            .replace(" INTEGER", " BIGINT")
            .replace(" BLOB", " BYTEA")
            .replace(" TEXT", " TEXT COLLATE \"C\"");
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// Parameters for a multi-row statement: `($1,$2),($3,$4)` for `rows` rows of `width` values,
/// counting from `first`.
pub(crate) fn placeholders(rows: usize, width: usize, first: usize) -> String {
    let mut out = String::with_capacity(rows * width * 5);
    for row in 0..rows {
        out.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..width {
            if column > 0 {
                out.push(',');
            }
            // Writing into a String cannot fail.
            let _ = write!(out, "${}", first + row * width + column);
        }
        out.push(')');
    }
    out
}

/// The same rows, the last one repeated up to a power of two of rows: statements over a set of rows
/// then have few texts, and each stays prepared.
pub(crate) fn padded<T: Clone>(mut rows: Vec<T>) -> Vec<T> {
    if let Some(last) = rows.last().cloned() {
        rows.resize(rows.len().next_power_of_two(), last);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_is_translated_word_by_word() {
        let ddl = postgres_ddl(
            "-- note\nCREATE TABLE t (\n  id TEXT PRIMARY KEY,\n  n INTEGER NOT NULL,\n  b BLOB\n) STRICT;\n\
             CREATE TABLE u (\n  n INTEGER PRIMARY KEY\n) STRICT;",
        );
        assert_eq!(
            ddl,
            "CREATE TABLE t (\n  id TEXT COLLATE \"C\" PRIMARY KEY,\n  n BIGINT NOT NULL,\n  b BYTEA\n);\n\
             CREATE TABLE u (\n  n BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY\n);\n"
        );
    }

    #[test]
    fn parameters_of_many_rows_are_plain_on_sqlite() {
        let Sql::Rows(text) = Sql::Rows("INSERT INTO t VALUES ($1,$2),($10,$11)".to_owned()).for_sqlite()
        else {
            panic!("another kind of statement")
        };
        assert_eq!(text, "INSERT INTO t VALUES (?,?),(?,?)");
    }

    #[test]
    fn rows_are_padded_to_a_power_of_two() {
        assert_eq!(padded(vec![1, 2, 3]), [1, 2, 3, 3]);
        assert_eq!(padded(vec![1, 2]), [1, 2]);
        assert!(padded(Vec::<i64>::new()).is_empty());
    }

    #[test]
    fn placeholders_are_numbered_across_rows() {
        assert_eq!(placeholders(2, 2, 1), "($1,$2),($3,$4)");
        assert_eq!(placeholders(1, 3, 5), "($5,$6,$7)");
    }
}
