//! The store: its parts put together.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_store::{
    Batch, CommitError, Index, Lane, Page, Rows, Schema, Select, Shape, Store, StoreError, StoreStatus, page,
};
use kontor_store_sql::Sql;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::cells::Reader;
use crate::commit::{Keys, compile};
use crate::connect::Slot;
use crate::ddl;
use crate::growth::{Growth, inserts};
use crate::guard;
use crate::options::{PostgresOptions, Target};
use crate::queue::{Job, Queue, Ticket};
use crate::role::{self, Standing};
use crate::select::Readers;
use crate::writer::Writer;

/// A PostgreSQL database.
pub struct PostgresStore {
    readers: Readers,
    /// The first writer's connection, for [`Store::ping`].
    writer: Slot,
    queue: Arc<Queue>,
    growth: Growth,
    keys: RwLock<Keys>,
    /// As the login: changes to tables need the owner.
    target: Target,
    standing: Standing,
    options: PostgresOptions,
    closed: AtomicBool,
    tasks: Mutex<JoinSet<()>>,
}

impl PostgresStore {
    /// Connects; fails when the database cannot be reached now. Later breaks are mended in the background.
    ///
    /// # Errors
    /// [`StoreError::Internal`] for options that cannot be read or row security that cannot be had as required,
    /// [`StoreError::Unavailable`].
    pub async fn connect(options: PostgresOptions) -> Result<Self, StoreError> {
        let target = options.target()?;
        let standing = role::standing(&target, &options).await?;
        // Behind a pooler in transaction mode every transaction says it anew.
        let session = standing.session().filter(|_| options.prepare).map(Arc::from);
        let working = Target { session, ..target.clone() };
        let mut tasks = JoinSet::new();
        let mut slots = |count: usize| -> Vec<Slot> {
            let one = |_| {
                let (slot, keep) = Slot::new(working.clone());
                tasks.spawn(keep);
                slot
            };
            (0..count.max(1)).map(one).collect()
        };
        let (shared, writing) = (slots(options.pipelined), slots(options.writers));
        for slot in shared.iter().chain(&writing) {
            slot.ready(options.acquire_timeout).await?;
        }
        let queue = Arc::new(Queue::new(writing.len()));
        let (growth, analyse) = Growth::new(target.clone());
        tasks.spawn(analyse);
        let Some(writer) = writing.first().cloned() else { return Err(StoreError::Closed) };
        for (number, slot) in writing.into_iter().enumerate() {
            let standing = standing.clone();
            let writer = Writer { number, slot, queue: queue.clone(), standing, options: options.clone() };
            tasks.spawn(writer.run());
        }
        Ok(Self {
            readers: Readers::new(shared, working, standing.clone(), options.clone())?,
            writer,
            queue,
            growth,
            keys: RwLock::default(),
            target,
            standing,
            options,
            closed: AtomicBool::new(false),
            tasks: Mutex::new(tasks),
        })
    }

    fn open(&self) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Acquire) { Err(StoreError::Closed) } else { Ok(()) }
    }

    async fn write(&self, batch: Batch) -> Result<(), CommitError> {
        self.open()?;
        if batch.writes.is_empty() {
            return Ok(());
        }
        let compiled = compile(batch, &self.keys.read().unwrap_or_else(PoisonError::into_inner));
        let (reply, mut answer) = oneshot::channel();
        let ticket = Ticket::default();
        if !self.queue.push(Job { compiled, reply, ticket: ticket.clone() }) {
            return Err(StoreError::Closed.into());
        }
        if let Ok(outcome) = timeout(self.options.acquire_timeout, &mut answer).await {
            return outcome.unwrap_or(Err(StoreError::Closed.into()));
        }
        if ticket.withdraw() {
            return Err(StoreError::Timeout("no writer was free in time; nothing was changed".to_owned()).into());
        }
        // A writer has it: its group, its neighbours alone, itself.
        let limit = self.options.statement_timeout * 3 + self.options.acquire_timeout;
        match timeout(limit, answer).await {
            Ok(outcome) => outcome.unwrap_or(Err(StoreError::Closed.into())),
            Err(_) => {
                Err(StoreError::Unavailable("no answer in time, whether the batch was written is unknown".to_owned())
                    .into())
            }
        }
    }

    async fn ask(&self, text: &str) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        self.readers.read(&Sql { text: text.to_owned(), params: Vec::new() }, Lane::Quick, None).await
    }

    async fn status_now(&self) -> Result<StoreStatus, StoreError> {
        self.open()?;
        self.readers.show();
        let size = "CASE WHEN has_database_privilege(current_database(), 'CONNECT') THEN pg_database_size(current_database()) END";
        let rows = self.ask(&format!("SELECT current_setting('server_version'), {size}")).await?;
        let row = rows.first();
        Ok(StoreStatus {
            backend: "postgres",
            version: row.and_then(|row| row.try_get(0).ok()).unwrap_or_default(),
            bytes: row.and_then(|row| row.try_get::<_, i64>(1).ok()).and_then(|bytes| u64::try_from(bytes).ok()),
            readers_busy: self.readers.busy.load(Ordering::Relaxed),
            writers_busy: self.queue.len(),
            guard: self.standing.guard(),
        })
    }

    async fn alive(&self) -> Result<(), StoreError> {
        self.open()?;
        self.ask("SELECT 1").await?;
        let conn = self.writer.ready(self.options.acquire_timeout).await?;
        // Behind whatever the writer is sending, on the connection that writes.
        let asked = conn
            .client
            .query_typed("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean", &[]);
        let rows = match timeout(self.options.statement_timeout, asked).await {
            Ok(rows) => rows.map_err(|error| crate::error::store_error(&error))?,
            Err(_) => return Err(StoreError::Timeout("the writer's connection does not answer".to_owned())),
        };
        match rows.first().and_then(|row| row.try_get(0).ok()) {
            Some(true) => Err(StoreError::Full("the database is read-only".to_owned())),
            _ => Ok(()),
        }
    }
}

impl Store for PostgresStore {
    fn rows(&self, select: Select) -> BoxFuture<'_, Result<Rows, StoreError>> {
        async move {
            self.open()?;
            let rows = self.readers.select(&select).await?;
            let kinds: Vec<_> = select.columns.iter().map(kontor_store::Expr::kind).collect();
            let mut reader = Reader::new(&select);
            let read = |row| {
                let cells = reader.at(row);
                kinds
                    .iter()
                    .enumerate()
                    .map(|(n, kind)| page::value(kontor_store::Cells::cell(&cells, n), *kind))
                    .collect()
            };
            Ok(rows.iter().map(read).collect())
        }
        .boxed()
    }

    fn page(&self, select: Select, shape: Arc<Shape>) -> BoxFuture<'_, Result<Page, StoreError>> {
        async move {
            self.open()?;
            let rows = self.readers.select(&select).await?;
            let mut reader = Reader::new(&select);
            let mut page = Page { bytes: Vec::with_capacity(rows.len() * 512), rows: Vec::with_capacity(rows.len()) };
            for row in &rows {
                page.push(&shape, &reader.at(row));
            }
            Ok(page)
        }
        .boxed()
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), CommitError>> {
        async move {
            let inserts = inserts(&batch.writes);
            self.write(batch).await?;
            self.growth.count(&inserts);
            Ok(())
        }
        .boxed()
    }

    fn migrate(&self, schema: Arc<Schema>) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        async move {
            self.open()?;
            let mut done = ddl::migrate(&self.target, &schema).await?;
            done.extend(guard::guard(&self.target, &schema, &self.standing).await?);
            let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
            keys.extend(schema.tables.iter().map(|table| (table.name.clone(), table.key.clone())));
            Ok(done)
        }
        .boxed()
    }

    fn create_index(&self, table: Arc<str>, index: Index) -> BoxFuture<'_, Result<(), CommitError>> {
        async move {
            self.open()?;
            ddl::create_index(&self.target, &table, &index).await
        }
        .boxed()
    }

    fn drop_index(&self, name: String) -> BoxFuture<'_, Result<(), StoreError>> {
        async move {
            self.open()?;
            ddl::drop_index(&self.target, &name).await
        }
        .boxed()
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.alive().boxed()
    }

    fn status(&self) -> BoxFuture<'_, Result<StoreStatus, StoreError>> {
        self.status_now().boxed()
    }

    /// Dead rows are vacuumed; what the server's own log and its backups hold is a matter of their retention.
    fn scrub(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        async move {
            self.open()?;
            ddl::vacuum(&self.target).await
        }
        .boxed()
    }

    /// PostgreSQL has better tools of its own: always an error that names them.
    fn backup(&self, _to: PathBuf) -> BoxFuture<'_, Result<(), StoreError>> {
        let text = "a PostgreSQL database is backed up with its own tools: pg_dump --format=custom, or pg_basebackup and WAL archiving";
        futures::future::ready(Err(StoreError::Internal(text.to_owned()))).boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async move {
            self.closed.store(true, Ordering::Release);
            let drained = async {
                self.queue.close().await;
                while self.readers.busy.load(Ordering::Relaxed) > 0 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            if timeout(self.options.statement_timeout + self.options.acquire_timeout, drained).await.is_err() {
                tracing::warn!("the database store was closed with work left");
            }
            self.readers.close();
            self.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
        }
        .boxed()
    }
}
