//! The checkpointer: moves the log into the database beside the writer, and cuts it off before it grows slow.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

/// Above this the log is truncated. A passive checkpoint first moves nearly all of it without stopping the writer.
const LIMIT: u64 = 128 << 20;

pub fn run(connection: &Connection, wal: &Path) {
    loop {
        std::thread::sleep(Duration::from_millis(50));
        if std::fs::metadata(wal).map_or(0, |file| file.len()) < LIMIT {
            continue;
        }
        for mode in ["PASSIVE", "TRUNCATE"] {
            if let Err(error) = connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(())) {
                eprintln!("checkpoint: {error}");
            }
        }
    }
}
