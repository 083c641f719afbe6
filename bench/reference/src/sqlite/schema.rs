//! Tables, connection settings and the seeding of the SQLite reference.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use kontor_bench_reference::rows;
use rusqlite::{Connection, params_from_iter, types::Value};

use crate::answer;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS contacts (
  id INTEGER PRIMARY KEY, version INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  created_by INTEGER NOT NULL, updated_by INTEGER NOT NULL, owner_id INTEGER NOT NULL,
  first_name TEXT, last_name TEXT NOT NULL, email TEXT, phone TEXT, title TEXT, company_name TEXT, department TEXT, city TEXT,
  country TEXT, lifecycle_stage TEXT, birthday TEXT, external_id TEXT, do_not_call INTEGER NOT NULL, do_not_email INTEGER NOT NULL,
  tags TEXT NOT NULL, deleted_at INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, type TEXT NOT NULL, subject INTEGER NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL) STRICT;
CREATE VIRTUAL TABLE IF NOT EXISTS contacts_fts USING fts5(first_name, last_name, email, content='', contentless_delete=1);
";

/// Four secondary indexes; the stage index answers the aggregate alone.
const INDEXES: &str = "
CREATE INDEX IF NOT EXISTS contacts_email ON contacts (email);
CREATE INDEX IF NOT EXISTS contacts_city ON contacts (city, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS contacts_stage ON contacts (lifecycle_stage) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS contacts_external ON contacts (external_id);
";

pub const INSERT: &str = "INSERT INTO contacts (id, version, created_at, updated_at, created_by, updated_by, owner_id, first_name, last_name, \
    email, phone, title, company_name, department, city, country, lifecycle_stage, birthday, external_id, do_not_call, do_not_email, tags) \
    VALUES (?1, 1, ?2, ?2, ?3, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";

pub fn connect(file: &Path, mmap_mb: u32) -> Result<Connection> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(32);
    connection.execute_batch(&format!(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY; \
         PRAGMA mmap_size={};",
        u64::from(mmap_mb) << 20
    ))?;
    Ok(connection)
}

pub fn create(connection: &Connection, indexes: bool) -> Result<()> {
    connection.execute_batch(TABLES)?;
    if indexes {
        connection.execute_batch(INDEXES)?;
    }
    Ok(())
}

/// Fills an empty file with `rows` contacts. Nothing is durable until the end: a broken seeding is started again.
pub fn seed(file: &Path, rows: u64) -> Result<()> {
    let mut connection = Connection::open(file)?;
    connection.execute_batch("PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-400000; PRAGMA temp_store=MEMORY;")?;
    create(&connection, false)?;
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare(INSERT)?;
        for n in 0..rows {
            insert.execute(params_from_iter(values(rows::seeded_id(n), rows::seeded_at(n), &rows::contact(n))))?;
        }
        transaction.execute("INSERT INTO contacts_fts (rowid, first_name, last_name, email) SELECT id, first_name, last_name, email FROM contacts", [])?;
        transaction.execute("INSERT INTO contacts_fts (contacts_fts) VALUES ('optimize')", [])?;
    }
    transaction.commit()?;
    connection.execute_batch(INDEXES)?;
    connection.execute_batch("ANALYZE; PRAGMA journal_mode=WAL;")?;
    Ok(())
}

/// The parameters of `INSERT`.
pub fn values(id: i64, at: i64, contact: &rows::Contact) -> Vec<Value> {
    let mut values = Vec::with_capacity(18);
    values.extend([Value::Integer(id), Value::Integer(at), Value::Integer(OWNER)]);
    values.extend(answer::texts(contact).iter().map(|text| Value::Text((*text).to_owned())));
    values.extend([
        Value::Integer(contact.do_not_call.into()),
        Value::Integer(contact.do_not_email.into()),
        Value::Text(answer::tags(contact)),
    ]);
    values
}

/// Who made every row: any id of the right length.
pub const OWNER: i64 = 445_644_800_000_000_001;
