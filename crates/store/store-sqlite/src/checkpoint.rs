//! The thread that carries the log over into the file, so that no commit has to.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use rusqlite::Connection;

/// The log's size from which on the writer is made to wait: a long log makes every read and write slower.
const MOST: u64 = 128 << 20;
const TICK: Duration = Duration::from_millis(50);
/// With few commits, this often.
const SELDOM: Duration = Duration::from_secs(1);
/// With this many transactions since the last time, at the next tick.
const MANY: u64 = 64;

/// The log of a database file.
pub(crate) fn wal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Runs until `stop` has no sender.
pub(crate) fn run(db: &Connection, path: &Path, written: &Arc<AtomicU64>, stop: &Receiver<()>) {
    let log = wal(path);
    let (mut seen, mut last) = (0, Instant::now());
    loop {
        match stop.recv_timeout(TICK) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
        let now = written.load(Ordering::Relaxed);
        if now == seen || (now - seen < MANY && last.elapsed() < SELDOM) {
            continue;
        }
        (seen, last) = (now, Instant::now());
        let long = std::fs::metadata(&log).is_ok_and(|meta| meta.len() > MOST);
        let text = if long { "PRAGMA wal_checkpoint(TRUNCATE)" } else { "PRAGMA wal_checkpoint(PASSIVE)" };
        if let Err(error) = db.query_row(text, [], |_| Ok(())) {
            tracing::warn!(%error, "the write-ahead log could not be carried over");
        }
    }
}
