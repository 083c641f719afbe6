//! The tables and small words that the checks are written in.

use std::sync::Arc;

use kontor_model::{Kind, Op, SpaceId, Value};

use super::{Fail, Outcome};
use crate::{
    Batch, Column, ColumnRef, CommitError, Cond, Expr, Index, OnConflict, Rows, Schema, Select, Set, Store, Table,
    Which, Write,
};

/// What a check works with: the store and two spaces that no other check uses.
#[derive(Clone)]
pub struct Ctx {
    pub store: Arc<dyn Store>,
    pub space: SpaceId,
    pub other: SpaceId,
}

pub const RECORD: &str = "suite_record";
pub const COMPANY: &str = "suite_company";
pub const THING: &str = "suite_thing";
pub const COUNTER: &str = "suite_counter";
/// Unique over live rows of a space.
pub const UX_EMAIL: &str = "ux_suite_record_email";

const KINDS: &[(&str, Kind)] = &[
    ("id", Kind::Int),
    ("version", Kind::Int),
    ("created_at", Kind::Int),
    ("deleted_at", Kind::Int),
    ("name", Kind::Text),
    ("email", Kind::Text),
    ("city", Kind::Text),
    ("amount", Kind::Int),
    ("flag", Kind::Bool),
    ("day", Kind::Int),
    ("at", Kind::Int),
    ("company_id", Kind::Int),
    ("tags", Kind::Json),
    ("custom", Kind::Json),
    ("raw", Kind::Bytes),
    ("object", Kind::Text),
    ("count", Kind::Int),
    ("note", Kind::Text),
    ("size", Kind::Int),
];

/// The kind of a column of the suite's tables.
pub fn kind(name: &str) -> Kind {
    KINDS.iter().find(|(n, _)| *n == name).map_or(Kind::Text, |(_, kind)| *kind)
}

fn columns(names: &[&str], not_null: &[&str]) -> Vec<Column> {
    let one = |name: &&str| {
        let column = Column::new(name, kind(name));
        if not_null.contains(name) { column.not_null() } else { column }
    };
    names.iter().map(one).collect()
}

/// The engine's own tables and those of the suite.
pub fn schema() -> Schema {
    let mut tables = crate::system::tables();
    let record = [
        "id",
        "version",
        "created_at",
        "deleted_at",
        "name",
        "email",
        "city",
        "amount",
        "flag",
        "day",
        "at",
        "company_id",
        "tags",
        "custom",
        "raw",
    ];
    tables.push(
        Table::new(RECORD, &["id"], columns(&record, &["id", "version", "created_at"]))
            .index(Index::on("ix_suite_record_created", &["space", "created_at", "id"]).live_only())
            .index(Index::on("ix_suite_record_city", &["space", "city", "id"]))
            .index(Index::on(UX_EMAIL, &["space", "email"]).unique().live_only())
            .searched(),
    );
    tables.push(Table::new(
        COMPANY,
        &["id"],
        columns(&["id", "deleted_at", "name", "city", "size", "custom"], &["id"]),
    ));
    tables.push(
        Table::new(THING, &["id"], columns(&["id", "object", "deleted_at", "name", "custom"], &["id", "object"]))
            .index(Index { object: Some("vehicle".into()), ..Index::on("ix_suite_thing_vehicle", &["space", "name"]) }),
    );
    tables.push(Table::new(COUNTER, &["name"], columns(&["name", "count", "note"], &["name", "count"])));
    Schema { version: 1, oldest: 1, tables }
}

/// A row to insert.
#[derive(Clone)]
pub struct Row {
    pub values: Vec<(&'static str, Value)>,
    pub search: Option<String>,
}

/// A record with an id, version 1 and a time of creation.
pub fn row(id: i64) -> Row {
    bare(id).with("version", 1).with("created_at", 1_700_000_000_000 + id).with("custom", Value::Json("{}".into()))
}

/// A row with an id only.
pub fn bare(id: i64) -> Row {
    Row { values: vec![("id", Value::Int(id))], search: None }
}

impl Row {
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        match self.values.iter_mut().find(|(n, _)| *n == name) {
            Some(slot) => slot.1 = value,
            None => self.values.push((name, value)),
        }
        self
    }

    pub fn json(self, name: &'static str, text: &str) -> Self {
        self.with(name, Value::Json(text.to_owned()))
    }

    pub fn text(mut self, search: &str) -> Self {
        self.search = Some(search.to_owned());
        self
    }

    pub fn insert(self, table: &str, on_conflict: OnConflict) -> Write {
        let (columns, values): (Vec<_>, Vec<_>) =
            self.values.into_iter().map(|(n, v)| (ColumnRef::new(n, kind(n)), v)).unzip();
        // Records are searched: each carries a text, even an empty one.
        let search = self.search.or_else(|| (table == RECORD).then(String::new));
        Write::Insert { table: table.into(), columns: columns.into(), values, on_conflict, search }
    }
}

/// `name = value` as a key.
pub fn key(name: &str, value: impl Into<Value>) -> (ColumnRef, Value) {
    (ColumnRef::new(name, kind(name)), value.into())
}

/// `name := value`.
pub fn to(name: &str, value: impl Into<Value>) -> (ColumnRef, Set) {
    (ColumnRef::new(name, kind(name)), Set::To(value.into()))
}

pub fn update(table: &str, keys: Vec<(ColumnRef, Value)>, set: Vec<(ColumnRef, Set)>) -> Write {
    Write::Update { table: table.into(), keys, set, must: true, search: None }
}

pub fn delete(table: &str, keys: Vec<(ColumnRef, Value)>) -> Write {
    Write::Delete { table: table.into(), keys, must: true, search: table == RECORD }
}

pub fn col(name: &str) -> Expr {
    Expr::column(name, kind(name))
}

pub fn test(left: Expr, op: Op, right: impl Into<Value>) -> Cond {
    Cond::Test { left, op, right: right.into() }
}

/// `id in (…)` order matters nowhere: sorted ids.
pub fn sorted(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids
}

impl Ctx {
    pub fn batch(&self, writes: Vec<Write>) -> Batch {
        Batch { space: self.space, writes }
    }

    pub async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        self.store.commit(self.batch(writes)).await
    }

    /// Inserts rows of a table in one batch.
    pub async fn put(&self, table: &str, rows: impl IntoIterator<Item = Row>) -> Outcome {
        let writes = rows.into_iter().map(|row| row.insert(table, OnConflict::Fail)).collect();
        Ok(self.commit(writes).await?)
    }

    /// Columns of a table, ordered by id.
    pub fn select(&self, table: &str, names: &[&str]) -> Select {
        Select::new(self.space, table, names.iter().map(|n| col(n)).collect::<Vec<_>>())
    }

    pub async fn rows(&self, select: Select) -> Result<Rows, Fail> {
        Ok(self.store.rows(select).await?)
    }

    /// The single value of the first row.
    pub async fn one(&self, select: Select) -> Result<Value, Fail> {
        let rows = self.rows(select).await?;
        rows.into_iter().next().and_then(|row| row.into_iter().next()).ok_or_else(|| Fail::new("no row"))
    }

    /// First column of every row as numbers, in the order given.
    pub async fn ids(&self, select: Select) -> Result<Vec<i64>, Fail> {
        let rows = self.rows(select).await?;
        rows.iter()
            .map(|row| row.first().and_then(Value::as_i64).ok_or_else(|| Fail::new("an id is no number")))
            .collect()
    }

    /// Sorted ids of live records under a condition.
    pub async fn matching(&self, cond: Cond) -> Result<Vec<i64>, Fail> {
        let mut select = self.select(RECORD, &["id"]).filter(cond);
        select.from.which = Which::Live;
        self.ids(select).await.map(sorted)
    }
}
