//! A batch as statements, made by the caller before it queues: the writers only send.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use kontor_model::{Kind, SpaceId, Value};
use kontor_store::{Batch, ColumnRef, OnConflict, Write};
use kontor_store_sql::{Dialect, delete, insert, update};

/// One statement of a batch.
#[derive(Debug)]
pub struct Statement {
    pub space: SpaceId,
    pub table: Arc<str>,
    /// An insert of a row that must be new.
    pub plain: bool,
    /// An insert that leaves a row as it is that is there.
    pub keeps: bool,
    pub text: String,
    pub params: Vec<(Value, Kind)>,
    /// Nothing touched is a lost guard.
    pub must: bool,
}

/// A batch, ready to send.
#[derive(Debug, Default)]
pub struct Compiled {
    pub statements: Vec<Statement>,
    /// Rows that it will lock, as hashes: batches that share one are not sent by two writers at a time, because they
    /// would wait for each other, and could do so in a circle.
    pub rows: Vec<u64>,
}

/// Primary keys (without `space`) of tables.
pub type Keys = HashMap<String, Vec<String>>;

pub fn compile(batch: Batch, keys: &Keys) -> Compiled {
    let mut out = Compiled { statements: Vec::with_capacity(batch.writes.len()), rows: Vec::new() };
    for write in batch.writes {
        out.push(batch.space, write, keys);
    }
    out
}

impl Compiled {
    fn push(&mut self, space: SpaceId, write: Write, keys: &Keys) {
        let space_param = (Value::Int(space.0), Kind::Int);
        match write {
            Write::Insert { table, columns, values, on_conflict, search } => {
                let key = keys.get(&*table).map(Vec::as_slice).unwrap_or_default();
                if on_conflict != OnConflict::Fail {
                    let own = columns.iter().zip(&values).filter(|(c, _)| key.iter().any(|k| **k == *c.name));
                    self.rows.push(row_hash(space, &table, own));
                }
                let text = insert(&table, key, &columns, on_conflict, search.is_some(), Dialect::Postgres);
                let values = values.into_iter().zip(columns.iter().map(|column| column.kind));
                let params = std::iter::once(space_param).chain(values).chain(search_param(search)).collect();
                let (plain, keeps) = (on_conflict == OnConflict::Fail, on_conflict == OnConflict::Keep);
                self.statements.push(Statement { space, table, plain, keeps, text, params, must: false });
            }
            Write::Update { table, keys: row, set, must, search } => {
                self.rows.push(locked(space, &table, &row));
                let text = update(&table, &row, &set, search.is_some(), Dialect::Postgres);
                let bound = kontor_store_sql::update_params(&row, &set).map(|(value, kind)| (value.into_owned(), kind));
                let params = std::iter::once(space_param).chain(bound).chain(search_param(search)).collect();
                self.statements.push(Statement { space, table, plain: false, keeps: false, text, params, must });
            }
            Write::Delete { table, keys: row, must, search } => {
                self.rows.push(locked(space, &table, &row));
                let text = delete(&table, &row, search, Dialect::Postgres);
                let bound = kontor_store_sql::delete_params(&row).map(|(value, kind)| (value.clone(), kind));
                let params = std::iter::once(space_param).chain(bound).collect();
                self.statements.push(Statement { space, table, plain: false, keeps: false, text, params, must });
            }
            Write::In { space, write } => self.push(space, *write, keys),
        }
    }
}

fn search_param(search: Option<String>) -> Option<(Value, Kind)> {
    search.map(|text| (Value::Text(text), Kind::Text))
}

/// The row that an update or delete is about: its `id`, or else all its keys.
fn locked(space: SpaceId, table: &Arc<str>, keys: &[(ColumnRef, Value)]) -> u64 {
    match keys.iter().find(|(column, _)| &*column.name == "id") {
        Some((column, value)) => row_hash(space, table, std::iter::once((column, value))),
        None => row_hash(space, table, keys.iter().map(|(column, value)| (column, value))),
    }
}

fn row_hash<'a>(space: SpaceId, table: &str, values: impl Iterator<Item = (&'a ColumnRef, &'a Value)>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (space.0, table).hash(&mut hasher);
    for (_, value) in values {
        match value {
            Value::Int(n) => n.hash(&mut hasher),
            Value::Text(text) => text.hash(&mut hasher),
            Value::Bool(b) => b.hash(&mut hasher),
            _ => 0u8.hash(&mut hasher),
        }
    }
    hasher.finish()
}
