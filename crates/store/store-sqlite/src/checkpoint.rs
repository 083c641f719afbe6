//! The thread that carries the log over into the file, so that no commit has to.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use rusqlite::Connection;

/// Bytes in the log from which on the writer is made to wait until it can begin at its start again: a long log makes
/// every read and write slower.
const MOST: u64 = 128 << 20;
/// The length from which on the file of the log is cut, which it reaches where somebody reads for long. Cutting 128 MiB
/// holds up every write for 60 ms; to begin at the start of the file again is next to nothing.
const FILE: u64 = 2 * MOST;
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
    let page: i64 = db.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap_or(4_096);
    let (mut seen, mut last, mut bytes) = (0, Instant::now(), 0);
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
        let text = match bytes {
            ..=MOST => "PRAGMA wal_checkpoint(PASSIVE)",
            _ if std::fs::metadata(&log).is_ok_and(|file| file.len() > FILE) => "PRAGMA wal_checkpoint(TRUNCATE)",
            _ => "PRAGMA wal_checkpoint(RESTART)",
        };
        // Whether it waited for others in vain, and the pages in the log.
        match db.query_row(text, [], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?))) {
            Ok((false, _)) if bytes > MOST => bytes = 0,
            Ok((_, pages)) => bytes = u64::try_from(pages * page).unwrap_or(0),
            Err(error) => tracing::warn!(%error, "the write-ahead log could not be carried over"),
        }
    }
}
