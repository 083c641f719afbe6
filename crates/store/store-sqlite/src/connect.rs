//! Connections and how they are set up.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kontor_store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Result};

use crate::error::store_error;
use crate::functions;

/// `KONT`: what the file says it is.
pub(crate) const APPLICATION: i32 = 0x4b4f_4e54;

/// Longest wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The database file; made when it is not there. Its directory must be.
    pub path: PathBuf,
    /// Threads that serve quick questions.
    pub readers: usize,
    /// Threads that serve slow ones.
    pub slow_readers: usize,
    /// Page cache of each connection.
    pub cache_bytes: u64,
    /// How much of the file is mapped into memory; 0 for none. A mapped file turns a disk error into a signal.
    pub mmap_bytes: u64,
    /// Most time that one question or batch may take, waiting included.
    pub statement_timeout: Duration,
    /// Most questions, and most batches, that wait; more are refused at once.
    pub queue: usize,
}

impl SqliteOptions {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 4,
            slow_readers: 2,
            cache_bytes: 16 << 20,
            mmap_bytes: 256 << 20,
            statement_timeout: Duration::from_secs(30),
            queue: 8_192,
        }
    }
}

/// When the running statement of one connection must stop.
#[derive(Debug, Clone)]
pub(crate) struct Deadline {
    base: Instant,
    after: Arc<AtomicU64>,
}

impl Deadline {
    fn new() -> Self {
        Self { base: Instant::now(), after: Arc::new(AtomicU64::new(u64::MAX)) }
    }

    pub fn set(&self, at: Instant) {
        let micros = at.saturating_duration_since(self.base).as_micros();
        self.after.store(u64::try_from(micros).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub fn clear(&self) {
        self.after.store(u64::MAX, Ordering::Relaxed);
    }

    fn passed(&self) -> bool {
        let micros = u64::try_from(self.base.elapsed().as_micros()).unwrap_or(u64::MAX);
        micros > self.after.load(Ordering::Relaxed)
    }
}

/// A connection and its deadline.
pub(crate) struct Db {
    pub connection: Connection,
    pub deadline: Deadline,
}

/// The connection that writes. Makes the file what it must be: a write-ahead log, our mark.
pub(crate) fn writer(options: &SqliteOptions) -> Result<Db, StoreError> {
    let db = open(options, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
        .map_err(|error| unwritable(&options.path).unwrap_or_else(|| store_error(error)))?;
    let connection = &db.connection;
    claim(connection)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(store_error)?;
    if mode != "wal" {
        return Err(StoreError::Full(format!("{} has no write-ahead log: {mode}", options.path.display())));
    }
    (|| {
        connection.pragma_update(None, "synchronous", "FULL")?;
        // A thread of its own does it (see checkpoint.rs).
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        // Only here: a reader would pay for it at every visit of a mapped page.
        connection.pragma_update(None, "cell_size_check", "ON")?;
        // In memory, the journal of nested savepoints is walked from its start at every statement's end.
        connection.pragma_update(None, "temp_store", "DEFAULT")?;
        connection.set_prepared_statement_cache_capacity(512);
        Ok(())
    })()
    .map_err(store_error)?;
    Ok(db)
}

/// Why a file could not be opened, where that is a matter of rights. Asked after a failure only: closing a file gives
/// up the locks that this process has on it.
fn unwritable(path: &Path) -> Option<StoreError> {
    let error = std::fs::File::options().append(true).open(path).err()?;
    let matter = matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem);
    let text = || format!("{} can't be written ({error}): is it, its directory or its disk read-only?", path.display());
    matter.then(|| StoreError::Full(text()))
}

/// A connection that only reads.
pub(crate) fn reader(options: &SqliteOptions) -> Result<Db, StoreError> {
    let db = open(options, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(store_error)?;
    db.connection.pragma_update(None, "query_only", "ON").map_err(store_error)?;
    db.connection.set_prepared_statement_cache_capacity(256);
    Ok(db)
}

/// A connection for checkpoints and backups. It waits only shortly for others: while a checkpoint waits for readers,
/// the writer waits for it.
pub(crate) fn helper(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(300))?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

fn open(options: &SqliteOptions, flags: OpenFlags) -> Result<Db> {
    let mut connection = Connection::open_with_flags(&options.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY.min(options.statement_timeout))?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let kib = i64::try_from(options.cache_bytes / 1024).unwrap_or(i64::MAX).max(64);
    connection.pragma_update(None, "cache_size", -kib)?;
    let mapped = i64::try_from(options.mmap_bytes).unwrap_or(i64::MAX);
    connection.pragma_update_and_check(None, "mmap_size", mapped, |_| Ok(()))?;
    // Plans must not depend on bound values: with partial indexes every bind would plan anew.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    functions::register(&connection)?;
    let deadline = Deadline::new();
    let watched = deadline.clone();
    connection.progress_handler(5_000, Some(move || watched.passed()))?;
    Ok(Db { connection, deadline })
}

/// Refuses the file of another program, marks one that is empty.
fn claim(connection: &Connection) -> Result<(), StoreError> {
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let application = number("application_id").map_err(store_error)?;
    if application == APPLICATION {
        return Ok(());
    }
    let tables: i64 =
        connection.query_row("SELECT COUNT(*) FROM sqlite_master", [], |row| row.get(0)).map_err(store_error)?;
    if application != 0 || tables > 0 {
        return Err(StoreError::Schema(
            "the file is the SQLite database of another program; name another file, or an empty one".to_owned(),
        ));
    }
    connection.pragma_update(None, "application_id", APPLICATION).map_err(store_error)
}
