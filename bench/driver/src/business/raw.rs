//! The same work by hand, on the database of a product that does not run: inserts in batches, copies, questions.

use std::time::Instant;

use anyhow::{Context, Result};
use rusqlite::types::Value;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::options::Backend;
use crate::stress::Bench;

/// Rows of a transaction.
const BATCH: usize = 500;

pub enum Database {
    Sqlite(rusqlite::Connection),
    Postgres(tokio::runtime::Runtime, Client),
}

impl Database {
    /// The run's copy, with the settings that the product has.
    pub fn open(bench: &Bench<'_>) -> Result<Self> {
        if bench.place.backend == Backend::Postgres {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            let url = bench.place.url(bench.home.database);
            let client = runtime.block_on(async {
                let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
                tokio::spawn(connection);
                Ok::<_, anyhow::Error>(client)
            })?;
            return Ok(Self::Postgres(runtime, client));
        }
        let connection = rusqlite::Connection::open(bench.home.data.join("kontor.db"))?;
        connection.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=17179869184;",
        )?;
        Ok(Self::Sqlite(connection))
    }

    pub fn run(&self, statement: &str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(statement).context(statement.to_owned()),
            Self::Postgres(runtime, client) => {
                runtime.block_on(client.batch_execute(statement)).with_context(|| statement.to_owned())
            }
        }
    }

    /// The rows that a question finds, as texts.
    pub fn ask(&self, question: &str) -> Result<Vec<Vec<String>>> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(question)?;
                let columns = statement.column_count();
                let text = |value: Value| match value {
                    Value::Null => String::new(),
                    Value::Integer(n) => n.to_string(),
                    Value::Real(n) => n.to_string(),
                    Value::Text(text) => text,
                    Value::Blob(_) => "blob".to_owned(),
                };
                let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at).map(text)).collect())?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            }
            Self::Postgres(runtime, client) => {
                let messages = runtime.block_on(client.simple_query(question)).with_context(|| question.to_owned())?;
                let row = |message: &SimpleQueryMessage| match message {
                    SimpleQueryMessage::Row(row) => {
                        Some((0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect())
                    }
                    _ => None,
                };
                Ok(messages.iter().filter_map(row).collect())
            }
        }
    }

    /// Inserts the rows of `table` into a twin with the same columns and indexes; the seconds that it took.
    pub fn inserted_again(&mut self, table: &str) -> Result<f64> {
        let twin = format!("raw_{table}");
        self.run(&format!("DROP TABLE IF EXISTS {twin}"))?;
        match self {
            Self::Sqlite(connection) => sqlite_again(connection, table, &twin),
            Self::Postgres(runtime, client) => runtime.block_on(postgres_again(client, table, &twin)),
        }
    }

    /// Makes each row `times` rows: copies have ids and external ids of their own.
    pub fn multiply(&self, table: &str, times: u32) -> Result<()> {
        let columns = match self {
            Self::Sqlite(_) => {
                format!("SELECT name FROM pragma_table_info('{table}') WHERE name <> 'row'")
            }
            Self::Postgres(..) => {
                format!(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
                )
            }
        };
        let columns: Vec<String> = self.ask(&columns)?.into_iter().flatten().collect();
        let names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
        let most = self.ask(&format!("SELECT max(id) FROM {table}"))?.concat().concat();
        for copy in 1..times {
            let values: Vec<String> = columns
                .iter()
                .map(|name| match name.as_str() {
                    // Ids are times: a copy is about a quarter of a second and its number later.
                    "id" => format!("\"id\" + {copy} * 1099511627776"),
                    "external_id" => format!("\"external_id\" || '-{copy}'"),
                    _ => format!("\"{name}\""),
                })
                .collect();
            self.run(&format!(
                "INSERT INTO {table} ({}) SELECT {} FROM {table} WHERE id <= {most}",
                names.join(", "),
                values.join(", ")
            ))?;
        }
        match self {
            Self::Sqlite(_) => self.run("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)"),
            Self::Postgres(..) => self.run(&format!("VACUUM ANALYZE {table}")),
        }
    }
}

fn sqlite_again(connection: &mut rusqlite::Connection, table: &str, twin: &str) -> Result<f64> {
    let made: Vec<(String, String)> = connection
        .prepare("SELECT name, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC")?
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (name, sql) in made {
        let own = if name == table { sql } else { sql.replacen(&format!("\"{name}\""), &format!("\"raw_{name}\""), 1) };
        connection.execute_batch(&own.replacen(&format!("\"{table}\""), &format!("\"{twin}\""), 1))?;
    }
    let (rows, width) = {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}"))?;
        let width = statement.column_count();
        let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect())?;
        (rows.collect::<rusqlite::Result<Vec<Vec<Value>>>>()?, width)
    };
    let insert = format!("INSERT INTO {twin} VALUES ({})", vec!["?"; width].join(", "));
    let begun = Instant::now();
    for batch in rows.chunks(BATCH) {
        let transaction = connection.transaction()?;
        {
            let mut statement = transaction.prepare_cached(&insert)?;
            for row in batch {
                statement.execute(rusqlite::params_from_iter(row))?;
            }
        }
        transaction.commit()?;
    }
    Ok(begun.elapsed().as_secs_f64())
}

async fn postgres_again(client: &Client, table: &str, twin: &str) -> Result<f64> {
    client.batch_execute(&format!("CREATE TABLE {twin} (LIKE {table} INCLUDING ALL)")).await?;
    let messages = client.simple_query(&format!("SELECT * FROM {table}")).await?;
    let quoted = |text: Option<&str>| text.map_or("NULL".to_owned(), |text| format!("'{}'", text.replace('\'', "''")));
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            let values: Vec<String> = (0..row.len()).map(|at| quoted(row.get(at))).collect();
            Some(format!("({})", values.join(", ")))
        }
        _ => None,
    };
    let rows: Vec<String> = messages.iter().filter_map(row).collect();
    let batches = rows.chunks(BATCH).map(|batch| format!("INSERT INTO {twin} VALUES {}", batch.join(", ")));
    let batches: Vec<String> = batches.collect();
    let begun = Instant::now();
    for batch in &batches {
        client.batch_execute(batch).await?;
    }
    Ok(begun.elapsed().as_secs_f64())
}
