//! What the writer knows of the tables: keys for conflicts, names for violations.

use std::collections::HashMap;
use std::sync::Arc;

use kontor_store_sql::primary_key;
use rusqlite::{Connection, Result};

/// Tables of the file as it is, not as a schema wants it: other processes may have added to it.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Primary keys without `space`.
    keys: HashMap<String, Arc<[String]>>,
    /// `table.column, table.column`, as SQLite reports a violation, to the index's name.
    unique: HashMap<String, String>,
}

impl Known {
    pub fn read(db: &Connection) -> Result<Self> {
        let mut known = Self::default();
        for table in names(db, "table")? {
            for (index, origin) in unique_indexes(db, &table)? {
                let columns = index_columns(db, &index)?;
                let is_key = origin == "u";
                let reported: Vec<String> = columns.iter().map(|column| format!("{table}.{column}")).collect();
                let name = if is_key { primary_key(&table) } else { index };
                known.unique.entry(reported.join(", ")).or_insert(name);
                if is_key {
                    let key = columns.into_iter().filter(|column| column != "space").collect();
                    known.keys.insert(table.clone(), key);
                }
            }
        }
        Ok(known)
    }

    pub fn key(&self, table: &str) -> Option<Arc<[String]>> {
        self.keys.get(table).cloned()
    }

    /// The name of the index that SQLite reported.
    pub fn index(&self, reported: &str) -> Option<String> {
        match reported.strip_prefix("index '").and_then(|name| name.strip_suffix('\'')) {
            Some(name) => Some(name.to_owned()),
            None => self.unique.get(reported).cloned(),
        }
    }
}

/// Names of tables or indexes.
pub(crate) fn names(db: &Connection, of: &str) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("SELECT name FROM sqlite_master WHERE type = ?1")?;
    let names = statement.query_map([of], |row| row.get(0))?;
    names.collect()
}

/// Columns of a table, its `space` and `row` included.
pub(crate) fn columns(db: &Connection, table: &str) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("SELECT name FROM pragma_table_info(?1)")?;
    let names = statement.query_map([table], |row| row.get(0))?;
    names.collect()
}

fn unique_indexes(db: &Connection, table: &str) -> Result<Vec<(String, String)>> {
    let mut statement = db.prepare_cached("SELECT name, origin FROM pragma_index_list(?1) WHERE \"unique\" = 1")?;
    let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn index_columns(db: &Connection, index: &str) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("SELECT name FROM pragma_index_info(?1) ORDER BY seqno")?;
    let rows = statement.query_map([index], |row| row.get::<_, Option<String>>(0))?;
    rows.map(|name| name.map(Option::unwrap_or_default)).collect()
}
