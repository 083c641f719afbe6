//! What the engine asks of a database, as values: a [`Select`] gives rows, a [`Batch`] is committed whole or not at all.
//!
//! No transaction is ever held open across an await, no value reaches SQL but as a bound parameter, and every
//! statement carries its space.

pub mod batch;
pub mod error;
pub mod lease;
pub mod page;
pub mod pulse;
pub mod rounds;
pub mod schema;
pub mod select;
#[cfg(feature = "suite")]
pub mod suite;
pub mod system;
pub mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;

pub use batch::{Batch, ColumnRef, OnConflict, Set, Write};
pub use error::{CommitError, StoreError};
pub use lease::Lease;
pub use page::{Cell, Cells, CustomShape, Page, PageRow, Shape, ShapeField};
pub use pulse::Pulses;
pub use rounds::Rounds;
pub use schema::{Column, Index, IndexPart, Schema, Table};
pub use select::{Columns, Cond, Expr, Join, Lane, Members, Order, Search, Select, Source, Term, Which};
pub use watch::{Abroad, Bell, Commits, Seen, Watched};

use kontor_model::Value;

/// Rows of typed values, in the order of the select's columns.
pub type Rows = Vec<Vec<Value>>;

/// What stands behind the space that every statement names. The texts are for operators.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Guard {
    /// Nothing can: the program alone reads the file.
    #[default]
    Alone,
    Holds(String),
    /// It holds, but somebody could do away with it.
    Weak(String),
    /// It does not hold.
    Open(String),
}

/// What a database says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoreStatus {
    /// `sqlite` or `postgres`.
    pub backend: &'static str,
    /// The server's or library's version.
    pub version: String,
    /// Bytes on disk, when known.
    pub bytes: Option<u64>,
    /// Selects waiting or running.
    pub readers_busy: usize,
    /// Batches waiting or running.
    pub writers_busy: usize,
    pub guard: Guard,
}

/// A database. Every call is bounded in time by the store's own limits.
pub trait Store: Send + Sync + 'static {
    /// Typed rows.
    fn rows(&self, select: Select) -> BoxFuture<'_, Result<Rows, StoreError>>;

    /// Rows as JSON text, written by `shape` from the database's own buffers.
    fn page(&self, select: Select, shape: Arc<Shape>) -> BoxFuture<'_, Result<Page, StoreError>>;

    /// Commits a batch durably, or does nothing.
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), CommitError>>;

    /// Brings tables, columns and indexes up to `schema`, additively and under a lock; says what it did.
    ///
    /// Refuses a database whose recorded schema version is newer than the schema's, or older than it can migrate from.
    fn migrate(&self, schema: Arc<Schema>) -> BoxFuture<'_, Result<Vec<String>, StoreError>>;

    /// Makes an index if it is missing. A unique one over values that are not unique is [`CommitError::Unique`] with
    /// the index's name.
    fn create_index(&self, table: Arc<str>, index: Index) -> BoxFuture<'_, Result<(), CommitError>>;

    /// Drops an index if it is there.
    fn drop_index(&self, name: String) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Whether reads and writes work now.
    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    fn status(&self) -> BoxFuture<'_, Result<StoreStatus, StoreError>>;

    /// Takes what was deleted or overwritten off the disk, as far as the database can: unused pages, the search index,
    /// the write-ahead log. Writes wait meanwhile where the back end cannot do it beside them.
    fn scrub(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// A consistent copy while the store goes on; back ends that leave this to their own tools say so.
    fn backup(&self, to: PathBuf) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Finishes what was admitted and closes.
    fn close(&self) -> BoxFuture<'_, ()>;
}
