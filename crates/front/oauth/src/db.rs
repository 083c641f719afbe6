//! Rows of the authorization server's tables, by the names of their columns.

use kontor_model::{Error, Kind, Op, Result, Value};
use kontor_store::system::INSTALLATION;
use kontor_store::system::oauth::OAUTH_SEEN;
use kontor_store::{Batch, ColumnRef, CommitError, Cond, Expr, OnConflict, Select, Set, Store, Write};
use serde_json::Value as J;

/// A column with its value.
pub type Field = (&'static str, Kind, Value);

pub fn int(name: &'static str, value: i64) -> Field {
    (name, Kind::Int, Value::Int(value))
}

pub fn opt_int(name: &'static str, value: Option<i64>) -> Field {
    (name, Kind::Int, value.map_or(Value::Null, Value::Int))
}

pub fn text(name: &'static str, value: &str) -> Field {
    (name, Kind::Text, Value::text(value))
}

pub fn opt_text(name: &'static str, value: Option<&str>) -> Field {
    (name, Kind::Text, value.map_or(Value::Null, Value::text))
}

pub fn json(name: &'static str, value: &J) -> Field {
    (name, Kind::Json, Value::Json(value.to_string()))
}

/// A row with the columns that were asked for.
#[derive(Debug, Clone)]
pub struct Row {
    columns: &'static [(&'static str, Kind)],
    values: Vec<Value>,
}

impl Row {
    fn get(&self, name: &str) -> Option<&Value> {
        let at = self.columns.iter().position(|(known, _)| *known == name)?;
        self.values.get(at)
    }

    pub fn int(&self, name: &str) -> i64 {
        self.opt_int(name).unwrap_or_default()
    }

    pub fn opt_int(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Value::as_i64)
    }

    pub fn text(&self, name: &str) -> String {
        self.opt_text(name).unwrap_or_default()
    }

    pub fn opt_text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    pub fn json(&self, name: &str) -> J {
        self.get(name).and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        match self.get(name) {
            Some(Value::Bytes(bytes)) => bytes.clone(),
            _ => Vec::new(),
        }
    }
}

fn select(table: &str, columns: &[(&str, Kind)], equal: Vec<Field>) -> Select {
    let columns: Vec<Expr> = columns.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
    let select = Select::new(INSTALLATION, table, columns);
    equal.into_iter().fold(select, |select, (name, kind, value)| select.equals(name, kind, value))
}

/// Rows whose columns are equal to all of these; at most a thousand.
///
/// # Errors
/// The database's.
pub async fn rows(
    store: &dyn Store,
    table: &str,
    columns: &'static [(&'static str, Kind)],
    equal: Vec<Field>,
) -> Result<Vec<Row>> {
    let rows = store.rows(select(table, columns, equal).limit(1_000)).await?;
    Ok(rows.into_iter().map(|values| Row { columns, values }).collect())
}

/// The row, when there is one.
///
/// # Errors
/// The database's.
pub async fn one(
    store: &dyn Store,
    table: &str,
    columns: &'static [(&'static str, Kind)],
    equal: Vec<Field>,
) -> Result<Option<Row>> {
    let rows = store.rows(select(table, columns, equal).limit(1)).await?;
    Ok(rows.into_iter().next().map(|values| Row { columns, values }))
}

/// Keys of rows whose `expires_at` lies before `now`, at most five hundred.
///
/// # Errors
/// The database's.
pub async fn expired(store: &dyn Store, table: &str, key: (&'static str, Kind), now: i64) -> Result<Vec<Value>> {
    let past = Cond::Test { left: Expr::column("expires_at", Kind::Int), op: Op::Lt, right: Value::Int(now) };
    let rows = store.rows(select(table, &[key], vec![]).filter(past).limit(500)).await?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next()).collect())
}

/// An empty batch of the installation's space.
pub fn batch() -> Batch {
    Batch::new(INSTALLATION)
}

fn keyed(fields: Vec<Field>) -> Vec<(ColumnRef, Value)> {
    fields.into_iter().map(|(name, kind, value)| (ColumnRef::new(name, kind), value)).collect()
}

pub fn insert(table: &str, row: Vec<Field>) -> Write {
    put(table, row, OnConflict::Fail)
}

/// As [`insert`]; a row with this key takes the new values.
pub fn replace(table: &str, row: Vec<Field>) -> Write {
    put(table, row, OnConflict::Replace)
}

fn put(table: &str, row: Vec<Field>, on_conflict: OnConflict) -> Write {
    let (columns, values): (Vec<_>, Vec<_>) = keyed(row).into_iter().unzip();
    Write::Insert { table: table.into(), columns: columns.into(), values, on_conflict, search: None }
}

/// Changes the row whose columns are equal to `keys`; that there is one is a guard of the batch.
pub fn update(table: &str, keys: Vec<Field>, set: Vec<Field>) -> Write {
    let set = keyed(set).into_iter().map(|(column, value)| (column, Set::To(value))).collect();
    Write::Update { table: table.into(), keys: keyed(keys), set, must: true, search: None }
}

/// As [`update`], for any number of rows.
pub fn update_any(table: &str, keys: Vec<Field>, set: Vec<Field>) -> Write {
    let set = keyed(set).into_iter().map(|(column, value)| (column, Set::To(value))).collect();
    Write::Update { table: table.into(), keys: keyed(keys), set, must: false, search: None }
}

pub fn delete(table: &str, keys: Vec<Field>) -> Write {
    Write::Delete { table: table.into(), keys: keyed(keys), must: false, search: false }
}

/// What became of a batch; unless it is done, nothing of it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    Done,
    /// The row that the write at this place is about is not as it must be.
    Guard(usize),
    /// The write at this place met a value that is taken.
    Taken,
}

/// # Errors
/// The database's.
pub async fn commit(store: &dyn Store, batch: Batch) -> Result<Committed> {
    match store.commit(batch).await {
        Ok(()) => Ok(Committed::Done),
        Err(CommitError::Guard { write }) => Ok(Committed::Guard(write)),
        Err(CommitError::Unique { .. }) => Ok(Committed::Taken),
        Err(CommitError::Store(error)) => Err(Error::from(error)),
    }
}

/// Remembers something that may come once, until then; whether it is the first time, in any process.
///
/// # Errors
/// The database's.
pub async fn first_time(store: &dyn Store, what: &str, until: i64) -> Result<bool> {
    let mut batch = batch();
    let row = vec![text("hash", &crate::random::hash(what)), int("expires_at", until)];
    batch.writes.push(insert(OAUTH_SEEN, row));
    Ok(commit(store, batch).await? == Committed::Done)
}
