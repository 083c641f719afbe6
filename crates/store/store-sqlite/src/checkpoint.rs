//! The thread that carries the log over into the file, so that no commit has to.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use rusqlite::Connection;

/// Bytes in the log from which on the writer is made to wait until it can begin at its start again: a long log makes
/// every read and write slower.
pub(crate) const MOST: u64 = 128 << 20;
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

/// Runs until `stop` has no sender. From `most` bytes on the log begins at the start of its file again, which is next to
/// nothing. The file is cut only from twice as much on, which it reaches where somebody reads for long: cutting 128 MiB
/// holds up every write for 60 ms.
pub(crate) fn run(db: &Connection, path: &Path, most: u64, written: &Arc<AtomicU64>, stop: &Receiver<()>) {
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
        let is_long = bytes > most;
        let text = if !is_long {
            "PRAGMA wal_checkpoint(PASSIVE)"
        } else if std::fs::metadata(&log).is_ok_and(|file| file.len() > 2 * most) {
            "PRAGMA wal_checkpoint(TRUNCATE)"
        } else {
            "PRAGMA wal_checkpoint(RESTART)"
        };
        // Whether it waited for others in vain, and the pages in the log.
        match db.query_row(text, [], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?))) {
            Ok((false, _)) if is_long => bytes = 0,
            Ok((_, pages)) => bytes = u64::try_from(pages * page).unwrap_or(0),
            Err(error) => tracing::warn!(%error, "the write-ahead log could not be carried over"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::helper;

    #[test]
    fn the_log_begins_again_and_its_file_is_not_cut() {
        const MOST: u64 = 1 << 20;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let db = Connection::open(&path).unwrap();
        db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (x BLOB)").unwrap();
        let (stop, stopped) = crossbeam_channel::bounded(1);
        let written = Arc::new(AtomicU64::new(0));
        let (of, also) = (path.clone(), written.clone());
        let thread = std::thread::spawn(move || run(&helper(&of).unwrap(), &of, MOST, &also, &stopped));
        let write = || {
            db.execute("INSERT INTO t VALUES (zeroblob(131072))", []).unwrap();
            written.fetch_add(MANY, Ordering::Relaxed);
            std::thread::sleep(TICK + TICK / 5);
        };
        // Whoever reads keeps the log from its start.
        let reader = helper(&path).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM t").unwrap();
        (0..12).for_each(|_| write());
        reader.execute_batch("COMMIT").unwrap();
        (0..20).for_each(|_| write());
        let length = std::fs::metadata(wal(&path)).unwrap().len();
        assert!((MOST..2 * MOST).contains(&length), "{length}");
        drop(stop);
        thread.join().unwrap();
    }
}
