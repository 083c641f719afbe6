//! Tables as values: what a back end's migration makes.

use kontor_model::{Kind, SpaceId};

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    pub not_null: bool,
}

impl Column {
    pub fn new(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind, not_null: false }
    }

    #[must_use]
    pub fn not_null(mut self) -> Self {
        self.not_null = true;
        self
    }
}

/// One part of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexPart {
    Column(String),
    /// A key of the JSON column `custom`; the expression is the one that selects use.
    Json {
        key: String,
        kind: Kind,
    },
}

/// An index. `space` is not a part by itself: name it first where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Unique in the database, at most 60 characters.
    pub name: String,
    pub parts: Vec<IndexPart>,
    pub unique: bool,
    /// Only rows that are not in the bin (`deleted_at IS NULL`).
    pub live_only: bool,
    /// Only rows whose column `object` is this.
    pub object: Option<String>,
    /// Only rows of this space.
    pub space: Option<SpaceId>,
}

impl Index {
    /// An index over columns.
    pub fn on(name: &str, columns: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            parts: columns.iter().map(|c| IndexPart::Column((*c).to_owned())).collect(),
            unique: false,
            live_only: false,
            object: None,
            space: None,
        }
    }

    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    #[must_use]
    pub fn live_only(mut self) -> Self {
        self.live_only = true;
        self
    }
}

/// A table. Every table has a column `space` (Int, not null), which a [`crate::Batch`] fills and every statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    /// Without `space`.
    pub columns: Vec<Column>,
    /// The primary key after `space`.
    pub key: Vec<String>,
    pub indexes: Vec<Index>,
    /// Whether rows carry full text (see [`crate::Write::Insert`]).
    pub search: bool,
}

impl Table {
    pub fn new(name: &str, key: &[&str], columns: Vec<Column>) -> Self {
        Self {
            name: name.to_owned(),
            columns,
            key: key.iter().map(|k| (*k).to_owned()).collect(),
            indexes: Vec::new(),
            search: false,
        }
    }

    #[must_use]
    pub fn index(mut self, index: Index) -> Self {
        self.indexes.push(index);
        self
    }

    #[must_use]
    pub fn searched(mut self) -> Self {
        self.search = true;
        self
    }
}

/// All tables of a version of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Raised by every change that is more than additive.
    pub version: i64,
    /// The oldest version that this program can bring up.
    pub oldest: i64,
    pub tables: Vec<Table>,
}
