//! What was deleted, taken off the disk: SQLite leaves it in unused pages, FTS5 in its segments, both in the log.

use std::time::Duration;

use kontor_store::StoreError;
use kontor_store_sql::{FTS_SUFFIX, ident};
use rusqlite::{Connection, Result};

use crate::error::store_error;
use crate::known::names;

/// How often the log is tried while readers are in it.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// Done by the writer itself: nothing is written meanwhile.
pub(crate) fn scrub(db: &Connection) -> Result<(), StoreError> {
    rewrite(db).map_err(store_error)?;
    for _ in 0..TRIES {
        // (busy, pages in the log, pages carried over)
        let busy: i64 = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(store_error)?;
        if busy == 0 {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    Err(StoreError::Timeout("the write-ahead log is in use and could not be emptied".to_owned()))
}

fn rewrite(db: &Connection) -> Result<()> {
    let tables = names(db, "table")?;
    for table in tables.iter().filter(|name| name.ends_with(FTS_SUFFIX)) {
        // Merges all segments, so that tokens of deleted rows are in none.
        let mut text = String::from("INSERT INTO ");
        ident(table, &mut text);
        text.push('(');
        ident(table, &mut text);
        text.push_str(") VALUES ('optimize')");
        db.execute_batch(&text)?;
    }
    // Statistics hold samples of indexed values; they are taken again at the next stop.
    if tables.iter().any(|name| name == "sqlite_stat4") {
        db.execute_batch("DELETE FROM sqlite_stat4")?;
    }
    db.execute_batch("VACUUM")
}
