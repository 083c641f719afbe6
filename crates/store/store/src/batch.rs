//! A commit as a value: statements with their guards, done together or not at all.

use std::sync::Arc;

use kontor_model::{Kind, SpaceId, Value};

/// A column as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnRef {
    pub name: Arc<str>,
    pub kind: Kind,
}

impl ColumnRef {
    pub fn new(name: &str, kind: Kind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// What an insert does with a row whose primary key is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConflict {
    /// [`crate::CommitError::Unique`].
    #[default]
    Fail,
    /// Leaves the row that is there.
    Keep,
    /// Takes the new values.
    Replace,
}

/// A new value of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Set {
    To(Value),
    /// Raises an `Int` column.
    Add(i64),
}

/// One statement. The batch's space is added to each, unless it names its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    Insert {
        table: Arc<str>,
        /// Shared between rows of one shape, so that back ends can keep the statement prepared.
        columns: Arc<[ColumnRef]>,
        values: Vec<Value>,
        on_conflict: OnConflict,
        /// Full text of a searched table: tokens separated by spaces.
        search: Option<String>,
    },
    /// Updates the row whose `keys` are equal; none found is [`crate::CommitError::Guard`] when `must`.
    Update {
        table: Arc<str>,
        keys: Vec<(ColumnRef, Value)>,
        set: Vec<(ColumnRef, Set)>,
        must: bool,
        /// The new full text, when it has changed; needs a key `id`.
        search: Option<String>,
    },
    /// Deletes the rows whose `keys` are equal; none found is [`crate::CommitError::Guard`] when `must`.
    Delete { table: Arc<str>, keys: Vec<(ColumnRef, Value)>, must: bool, search: bool },
    /// A statement of another space in the same commit: the audit entry of a space beside rows of the installation.
    In { space: SpaceId, write: Box<Write> },
}

impl Write {
    /// The same statement, of another space than its batch.
    #[must_use]
    pub fn of(self, space: SpaceId) -> Self {
        Write::In { space, write: Box::new(self) }
    }
}

/// What is committed together.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub space: SpaceId,
    pub writes: Vec<Write>,
}

impl Batch {
    pub fn new(space: SpaceId) -> Self {
        Self { space, writes: Vec::new() }
    }

    /// Adds a plain insert.
    pub fn insert(&mut self, table: &str, row: Vec<(&str, Kind, Value)>) {
        let (columns, values): (Vec<_>, Vec<_>) =
            row.into_iter().map(|(name, kind, value)| (ColumnRef::new(name, kind), value)).unzip();
        self.writes.push(Write::Insert {
            table: table.into(),
            columns: columns.into(),
            values,
            on_conflict: OnConflict::Fail,
            search: None,
        });
    }
}
