//! The store: channels to the threads.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Sender, TrySendError, bounded};
use futures::future::BoxFuture;
use kontor_store::{
    Batch, CommitError, Index, Lane, Page, Rows, Schema, Select, Shape, Store, StoreError, StoreStatus,
};
use kontor_telemetry::metrics::gauge;
use tokio::sync::oneshot;

use crate::connect::{self, SqliteOptions};
use crate::error::store_error;
use crate::read::{self, Job};
use crate::write::Writing;
use crate::writer::{Command, Waiting, Writer};
use crate::{backup, checkpoint};

/// A SQLite database file.
#[derive(Debug)]
pub struct SqliteStore {
    options: SqliteOptions,
    quick: Sender<Job>,
    slow: Sender<Job>,
    writer: Sender<Command>,
    closed: AtomicBool,
    reading: Arc<AtomicUsize>,
    writing: Arc<AtomicUsize>,
    threads: Mutex<Option<Threads>>,
}

#[derive(Debug)]
struct Threads {
    /// Those that end with a job of their own.
    serving: Vec<JoinHandle<()>>,
    checkpointer: JoinHandle<()>,
    /// Dropped to stop the checkpointer.
    stop: Sender<()>,
}

impl SqliteStore {
    /// Opens the file, or makes it. Tables come with [`Store::migrate`].
    ///
    /// # Errors
    /// [`StoreError::Schema`] for the file of another program, [`StoreError::Damaged`] for one that is no database,
    /// [`StoreError::Full`] where it may not be written, [`StoreError::Unavailable`] where it cannot be made.
    pub fn open(options: SqliteOptions) -> Result<Self, StoreError> {
        let db = connect::writer(&options)?;
        let mut known = Writing::default();
        known.learn(&db.connection).map_err(store_error)?;
        let (reading, writing) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let written = Arc::new(AtomicU64::new(0));
        let mut serving = Vec::new();

        let (writer, commands) = bounded(options.queue.max(1));
        let work = Writer { db, writing: known, busy: writing.clone(), written: written.clone() };
        serving.push(spawn("sqlite-writer", move || work.run(&commands))?);

        let (quick, quick_jobs) = bounded(options.queue.max(1));
        let (slow, slow_jobs) = bounded(options.queue.max(1));
        let lanes = [(quick_jobs, options.readers, "sqlite-reader"), (slow_jobs, options.slow_readers, "sqlite-slow")];
        for (jobs, count, name) in lanes {
            for _ in 0..count.max(1) {
                let (db, jobs, busy) = (connect::reader(&options)?, jobs.clone(), reading.clone());
                serving.push(spawn(name, move || read::run(&db, &jobs, &busy))?);
            }
        }

        let (stop, stopped) = bounded(1);
        let (db, path) = (connect::helper(&options.path).map_err(store_error)?, options.path.clone());
        let carry = move || checkpoint::run(&db, &path, checkpoint::MOST, &written, &stopped);
        let checkpointer = spawn("sqlite-checkpoint", carry)?;
        let threads = Mutex::new(Some(Threads { serving, checkpointer, stop }));
        Ok(Self { options, quick, slow, writer, closed: AtomicBool::new(false), reading, writing, threads })
    }

    fn until(&self) -> Instant {
        Instant::now() + self.options.statement_timeout
    }

    /// Hands a job to a lane and waits for its answer.
    fn read<T: Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce(Instant, oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        let (reply, answer) = oneshot::channel();
        let lane = if lane == Lane::Slow { &self.slow } else { &self.quick };
        self.reading.fetch_add(1, Ordering::Relaxed);
        let sent = self.send(lane, job(self.until(), reply));
        if sent.is_err() {
            self.reading.fetch_sub(1, Ordering::Relaxed);
        }
        Box::pin(async move {
            sent?;
            answer.await.unwrap_or(Err(StoreError::Closed))
        })
    }

    /// Hands a command to the writer and waits for its answer.
    fn write<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, E>>) -> Command,
    ) -> BoxFuture<'_, Result<T, E>> {
        let (reply, answer) = oneshot::channel();
        let sent = self.send(&self.writer, command(reply));
        Box::pin(async move {
            sent?;
            answer.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
        })
    }

    fn send<T>(&self, to: &Sender<T>, job: T) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        to.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Timeout("too many wait for the database".to_owned()),
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }

    /// Ends every thread after what was admitted before.
    fn stop(&self, threads: Threads) {
        let lanes = [(&self.quick, self.options.readers), (&self.slow, self.options.slow_readers)];
        for (lane, count) in lanes {
            for _ in 0..count.max(1) {
                let _ = lane.send(Job::Stop);
            }
        }
        let _ = self.writer.send(Command::Stop);
        for thread in threads.serving {
            let _ = thread.join();
        }
        drop(threads.stop);
        // The last connection carries the log over and removes it.
        let _ = threads.checkpointer.join();
    }
}

impl Drop for SqliteStore {
    /// Waits for what was admitted, as [`Store::close`] does.
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
        let threads = self.threads.lock().ok().and_then(|mut threads| threads.take());
        if let Some(threads) = threads {
            self.stop(threads);
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread.spawn(work).map_err(|error| StoreError::Unavailable(format!("no thread for {name}: {error}")))
}

impl Store for SqliteStore {
    fn rows(&self, select: Select) -> BoxFuture<'_, Result<Rows, StoreError>> {
        self.read(select.lane, |until, reply| Job::Rows(select, until, reply))
    }

    fn page(&self, select: Select, shape: Arc<Shape>) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.read(select.lane, |until, reply| Job::Page(select, shape, until, reply))
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), CommitError>> {
        let (reply, answer) = oneshot::channel();
        self.writing.fetch_add(1, Ordering::Relaxed);
        let sent = self.send(&self.writer, Command::Commit(Waiting { batch, until: self.until(), reply }));
        if sent.is_err() {
            self.writing.fetch_sub(1, Ordering::Relaxed);
        }
        Box::pin(async move {
            sent?;
            answer.await.unwrap_or(Err(CommitError::Store(StoreError::Closed)))
        })
    }

    fn migrate(&self, schema: Arc<Schema>) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        self.write(|reply| Command::Migrate(schema, reply))
    }

    fn create_index(&self, table: Arc<str>, index: Index) -> BoxFuture<'_, Result<(), CommitError>> {
        self.write(|reply| Command::CreateIndex(table, index, reply))
    }

    fn drop_index(&self, name: String) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write(|reply| Command::DropIndex(name, reply))
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        let read = self.read(Lane::Quick, Job::Ping);
        let write = self.write(Command::Ping);
        Box::pin(async move {
            let both = async { read.await.and(write.await) };
            let late = || StoreError::Timeout("the database's threads are busy".to_owned());
            tokio::time::timeout(self.options.statement_timeout, both).await.unwrap_or_else(|_| Err(late()))
        })
    }

    fn status(&self) -> BoxFuture<'_, Result<StoreStatus, StoreError>> {
        let size = |path: PathBuf| std::fs::metadata(path).map(|meta| meta.len());
        let log = size(checkpoint::wal(&self.options.path)).unwrap_or(0);
        let (readers, reading) =
            (self.options.readers + self.options.slow_readers, self.reading.load(Ordering::Relaxed));
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        gauge("db_connections_busy", "Connections of the pool that are in use.", &[]).set(number(reading.min(readers)));
        gauge("db_connections", "Connections that the pool may have.", &[]).set(number(readers));
        let status = StoreStatus {
            backend: "sqlite",
            version: rusqlite::version().to_owned(),
            bytes: size(self.options.path.clone()).ok().map(|bytes| bytes + log),
            readers_busy: self.reading.load(Ordering::Relaxed),
            writers_busy: self.writing.load(Ordering::Relaxed),
            guard: kontor_store::Guard::Alone,
        };
        Box::pin(std::future::ready(Ok(status)))
    }

    fn scrub(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write(Command::Scrub)
    }

    fn backup(&self, to: PathBuf) -> BoxFuture<'_, Result<(), StoreError>> {
        let from = self.options.path.clone();
        Box::pin(async move {
            let copied = tokio::task::spawn_blocking(move || backup::backup(&from, &to)).await;
            copied.unwrap_or_else(|error| Err(StoreError::Internal(error.to_string())))
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.closed.store(true, Ordering::Release);
            let threads = self.threads.lock().ok().and_then(|mut threads| threads.take());
            if let Some(threads) = threads {
                let wait = || self.stop(threads);
                // The threads answer callers of this runtime, which must go on meanwhile.
                match tokio::runtime::Handle::try_current().map(|handle| handle.runtime_flavor()) {
                    Ok(tokio::runtime::RuntimeFlavor::MultiThread) => tokio::task::block_in_place(wait),
                    _ => wait(),
                }
            }
        })
    }
}
