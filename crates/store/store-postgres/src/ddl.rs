//! Tables and indexes: what is missing is made, under a lock that all processes share.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use kontor_store::{CommitError, Index, IndexPart, Schema, StoreError, Table};
use kontor_store_sql::{Dialect, ddl};
use tokio::time::timeout;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use crate::connect::{cancel, open};
use crate::error::{store_error, taken};
use crate::options::Target;

/// Building an index over many rows takes its time, and holds up writes to that table as long.
const LIMIT: Duration = Duration::from_secs(3_600);
/// `kontor` as a number; held to the end of the transaction.
pub const LOCK: &str = "SELECT pg_advisory_xact_lock(118040669482866)";

/// Why a change to tables was not made.
enum Refused {
    Server(Error),
    Store(StoreError),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

pub async fn migrate(target: &Target, schema: &Schema) -> Result<Vec<String>, StoreError> {
    let done = in_transaction(target, async |client| migrate_in(client, schema).await).await;
    done.map_err(|refused| match refused {
        Refused::Server(error) => store_error(&error),
        Refused::Store(error) => error,
    })
}

pub async fn create_index(target: &Target, table: &str, index: &Index) -> Result<(), CommitError> {
    let text = ddl::create_index(table, index, Dialect::Postgres);
    let made = in_transaction(target, async |client| Ok(client.batch_execute(&text).await?)).await;
    made.map_err(|refused| match refused {
        Refused::Server(error) => match taken(&error) {
            Some(_) => CommitError::Unique { write: 0, index: index.name.clone() },
            None => store_error(&error).into(),
        },
        Refused::Store(error) => error.into(),
    })
}

pub async fn drop_index(target: &Target, name: &str) -> Result<(), StoreError> {
    let text = ddl::drop_index(name);
    let done = in_transaction(target, async |client| Ok(client.batch_execute(&text).await?)).await;
    done.map_err(|refused| match refused {
        Refused::Server(error) => store_error(&error),
        Refused::Store(error) => error,
    })
}

/// Runs `work` in one transaction under the lock, on a connection of its own: whatever becomes of the caller, the
/// server rolls back what was not committed.
async fn in_transaction<T>(
    target: &Target,
    work: impl AsyncFnOnce(&Client) -> Result<T, Refused>,
) -> Result<T, Refused> {
    let (client, connection) = open(target).await?;
    let token = client.cancel_token();
    let work = async move {
        client.batch_execute("BEGIN").await?;
        client.batch_execute(LOCK).await?;
        let done = work(&client).await?;
        client.batch_execute("COMMIT").await?;
        Ok(done)
    };
    let both = async {
        tokio::pin!(work, connection);
        tokio::select! {
            biased;
            done = &mut work => done,
            _ = &mut connection => work.await,
        }
    };
    match timeout(LIMIT, both).await {
        Ok(done) => done,
        Err(_) => {
            cancel(token, target).await;
            Err(Refused::Store(StoreError::Timeout(
                "a change to tables took longer than an hour; nothing was changed".to_owned(),
            )))
        }
    }
}

/// Vacuums every table, outside of any transaction, on a connection of its own.
pub async fn vacuum(target: &Target) -> Result<(), StoreError> {
    let (client, connection) = open(target).await.map_err(|error| store_error(&error))?;
    let work = async move { client.batch_execute("VACUUM").await };
    // The work ends by dropping the client, which ends the connection.
    match timeout(LIMIT, async { tokio::join!(work, connection).0 }).await {
        Ok(done) => done.map_err(|error| store_error(&error)),
        Err(_) => Err(StoreError::Timeout("vacuuming took longer than an hour".to_owned())),
    }
}

async fn migrate_in(client: &Client, schema: &Schema) -> Result<Vec<String>, Refused> {
    let mut done = Vec::new();
    let recorded = recorded_version(client).await?;
    check(recorded, schema).map_err(|error| Refused::Store(StoreError::Schema(error)))?;
    extension(client).await?;
    functions(client, &mut done).await?;
    let columns = columns(client).await?;
    let mut indexes =
        names(client, "SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema()").await?;
    for table in &schema.tables {
        match columns.get(&table.name) {
            None => {
                for statement in ddl::create_table(table, Dialect::Postgres) {
                    client.batch_execute(&statement).await?;
                }
                done.push(format!("table {}", table.name));
            }
            Some(there) => widen(client, table, there, &mut indexes, &mut done).await?,
        }
        for index in table.indexes.iter().filter(|index| !indexes.contains(&index.name)) {
            client.batch_execute(&ddl::create_index(&table.name, index, Dialect::Postgres)).await?;
            if let Some(text) = selective(&table.name, index) {
                client.batch_execute(&text).await?;
            }
            done.push(format!("index {}", index.name));
        }
    }
    if recorded != Some(schema.version) {
        let text = "INSERT INTO kontor_schema (one, version) VALUES (TRUE, $1) ON CONFLICT (one) DO UPDATE SET version = excluded.version";
        client.execute_typed(text, &[(&schema.version, Type::INT8)]).await?;
        done.push(format!("schema version {}", schema.version));
    }
    Ok(done)
}

/// How many values a column is taken to have that an index serves in the order of lists.
const DISTINCT: u32 = 1_000;

/// Lets the planner believe that a value of the index's column is rare. A prepared question is planned for any value:
/// where most records have one owner it would read all by time and drop those of others, and take a hundred times as long
/// for who owns one in a hundred. The index (column, `created_at`, `id`) is the quick way to a page for every value.
fn selective(table: &str, index: &Index) -> Option<String> {
    let name = |part: &IndexPart| match part {
        IndexPart::Column(name) => Some(name.clone()),
        IndexPart::Json { .. } => None,
    };
    let names: Vec<Option<String>> = index.parts.iter().map(name).collect();
    let time = names.iter().position(|name| name.as_deref() == Some("created_at"))?;
    let column = names.get(time.checked_sub(1)?)?.as_deref()?;
    // Times are many as they are.
    let is_value = !matches!(column, "space" | "object" | "updated_at");
    is_value.then(|| format!("ALTER TABLE \"{table}\" ALTER COLUMN \"{column}\" SET (n_distinct = {DISTINCT})"))
}

/// Columns and full text that a table lacks.
async fn widen(
    client: &Client,
    table: &Table,
    there: &HashSet<String>,
    indexes: &mut HashSet<String>,
    done: &mut Vec<String>,
) -> Result<(), Refused> {
    for column in table.columns.iter().filter(|column| !there.contains(&column.name)) {
        client.batch_execute(&ddl::add_column(&table.name, column, Dialect::Postgres)).await?;
        done.push(format!("column {}.{}", table.name, column.name));
    }
    if table.search && !(there.contains("search") && indexes.contains(&format!("fts_{}", table.name))) {
        for statement in ddl::create_search(&table.name, Dialect::Postgres) {
            client.batch_execute(&statement).await?;
        }
        done.push(format!("full text of {}", table.name));
    }
    Ok(())
}

async fn recorded_version(client: &Client) -> Result<Option<i64>, Error> {
    client
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS kontor_schema (one BOOLEAN PRIMARY KEY CHECK (one), version BIGINT NOT NULL)",
        )
        .await?;
    let row = client.query_typed_opt("SELECT version FROM kontor_schema", &[]).await?;
    row.map(|row| row.try_get(0)).transpose()
}

fn check(recorded: Option<i64>, schema: &Schema) -> Result<(), String> {
    let (version, oldest) = (schema.version, schema.oldest);
    match recorded {
        Some(recorded) if recorded > version => Err(format!(
            "the database has schema version {recorded}, but this program knows only up to {version}: start a newer version of the program"
        )),
        Some(recorded) if recorded < oldest => Err(format!(
            "the database has schema version {recorded}, but this program can bring up only {oldest} and later: \
             start a version of the program in between first"
        )),
        _ => Ok(()),
    }
}

/// Trigrams help an operator who adds indexes for substring filters; roles without the right to it go on without.
async fn extension(client: &Client) -> Result<(), Error> {
    if client.query_typed_opt("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'", &[]).await?.is_some() {
        return Ok(());
    }
    client.batch_execute("SAVEPOINT extension").await?;
    if client.batch_execute("CREATE EXTENSION IF NOT EXISTS pg_trgm").await.is_err() {
        client.batch_execute("ROLLBACK TO SAVEPOINT extension").await?;
    }
    client.batch_execute("RELEASE SAVEPOINT extension").await
}

/// Makes the functions that are not there, or that an older program made otherwise.
async fn functions(client: &Client, done: &mut Vec<String>) -> Result<(), Error> {
    let bodies = names(
        client,
        "SELECT p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = current_schema() AND p.proname LIKE 'kontor\\_%'",
    )
    .await?;
    for text in ddl::functions() {
        if text.split("$$").nth(1).is_some_and(|body| bodies.contains(body)) {
            continue;
        }
        client.batch_execute(text).await?;
        let name = text.split('(').next().and_then(|head| head.split(' ').next_back()).unwrap_or_default();
        done.push(format!("function {name}"));
    }
    Ok(())
}

async fn names(client: &Client, text: &str) -> Result<HashSet<String>, Error> {
    client.query_typed(text, &[]).await?.iter().map(|row| row.try_get(0)).collect()
}

async fn columns(client: &Client) -> Result<HashMap<String, HashSet<String>>, Error> {
    let text = "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = current_schema()";
    let mut tables: HashMap<String, HashSet<String>> = HashMap::new();
    for row in client.query_typed(text, &[]).await? {
        tables.entry(row.try_get(0)?).or_default().insert(row.try_get(1)?);
    }
    Ok(tables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_lists_are_ordered_under_are_taken_to_be_rare() {
        let text = |columns: &[&str]| selective("r_deals", &Index::on("ix", columns));
        let owner = "ALTER TABLE \"r_deals\" ALTER COLUMN \"owner_id\" SET (n_distinct = 1000)";
        assert_eq!(text(&["space", "owner_id", "created_at", "id"]).as_deref(), Some(owner));
        assert_eq!(text(&["space", "object", "owner_id", "created_at", "id"]).as_deref(), Some(owner));
        for columns in [
            &["space", "created_at", "id"][..],
            &["space", "updated_at", "created_at", "id"],
            &["space", "object", "created_at", "id"],
            &["created_at"],
            &["space", "external_id"],
        ] {
            assert_eq!(text(columns), None, "{columns:?}");
        }
    }
}
