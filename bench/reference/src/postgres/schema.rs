//! Database, tables and seeding of the PostgreSQL reference.

use std::fmt::Write as _;
use std::pin::pin;

use anyhow::{Context, Result};
use bytes::Bytes;
use futures::SinkExt;
use kontor_bench_reference::rows;
use tokio_postgres::{Client, Config};

use crate::answer;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS contacts (
  id int8 PRIMARY KEY, version int8 NOT NULL, created_at int8 NOT NULL, updated_at int8 NOT NULL,
  created_by int8 NOT NULL, updated_by int8 NOT NULL, owner_id int8 NOT NULL,
  first_name text, last_name text NOT NULL, email text, phone text, title text, company_name text, department text, city text,
  country text, lifecycle_stage text, birthday text, external_id text, do_not_call bool NOT NULL, do_not_email bool NOT NULL,
  tags text NOT NULL, deleted_at int8,
  words tsvector GENERATED ALWAYS AS (to_tsvector('simple', first_name || ' ' || last_name || ' ' || email)) STORED);
CREATE TABLE IF NOT EXISTS outbox (seq int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, type text NOT NULL, subject int8 NOT NULL, at int8 NOT NULL, data text NOT NULL);
";

const INDEXES: &str = "
CREATE INDEX IF NOT EXISTS contacts_email ON contacts (email);
CREATE INDEX IF NOT EXISTS contacts_city ON contacts (city, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS contacts_stage ON contacts (lifecycle_stage) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS contacts_external ON contacts (external_id);
CREATE INDEX IF NOT EXISTS contacts_words ON contacts USING gin (words);
";

/// Columns as they are written, in the order of `answer::TEXTS`.
pub const WRITTEN: &str = "id, version, created_at, updated_at, created_by, updated_by, owner_id, first_name, last_name, email, phone, title, \
    company_name, department, city, country, lifecycle_stage, birthday, external_id, do_not_call, do_not_email, tags";

/// Who made every row: any id of the right length.
pub const OWNER: i64 = 445_644_800_000_000_001;

/// Creates the database that the address names when it is missing.
pub async fn ensure_database(url: &str) -> Result<()> {
    let mut config: Config = url.parse().context("the PostgreSQL address")?;
    let name = config.get_dbname().context("the PostgreSQL address names no database")?.to_owned();
    config.dbname("postgres");
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.context("connect to PostgreSQL")?;
    tokio::spawn(connection);
    if client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name]).await?.is_none() {
        client.batch_execute(&format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\""))).await?;
    }
    Ok(())
}

pub async fn create(client: &Client) -> Result<()> {
    client.batch_execute("SET client_min_messages = warning").await?;
    client.batch_execute(TABLES).await?;
    client.batch_execute(INDEXES).await?;
    Ok(())
}

/// Fills an empty database with `rows` contacts: COPY, then the indexes, then statistics and visibility map.
pub async fn seed(url: &str, rows: u64) -> Result<()> {
    ensure_database(url).await?;
    let client = super::connect(url).await?;
    client.batch_execute(TABLES).await?;
    let copy = client.copy_in::<_, Bytes>(&format!("COPY contacts ({WRITTEN}) FROM STDIN")).await?;
    let mut copy = pin!(copy);
    let mut text = String::new();
    for n in 0..rows {
        line(&mut text, n)?;
        if text.len() > 1 << 18 {
            copy.send(Bytes::from(std::mem::take(&mut text))).await?;
        }
    }
    copy.send(Bytes::from(text)).await?;
    copy.finish().await?;
    client.batch_execute("SET maintenance_work_mem = '512MB'").await?;
    client.batch_execute(INDEXES).await?;
    client.batch_execute("VACUUM ANALYZE contacts").await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(())
}

/// A line of COPY's text format. The generator makes neither tabs nor backslashes.
fn line(text: &mut String, n: u64) -> Result<()> {
    let (id, at, contact) = (rows::seeded_id(n), rows::seeded_at(n), rows::contact(n));
    write!(text, "{id}\t1\t{at}\t{at}\t{OWNER}\t{OWNER}\t{OWNER}")?;
    for value in answer::texts(&contact) {
        write!(text, "\t{value}")?;
    }
    writeln!(text, "\t{}\t{}\t{}", contact.do_not_call, contact.do_not_email, answer::tags(&contact))?;
    Ok(())
}
