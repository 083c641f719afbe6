//! Tables, columns and indexes brought up to a schema, additively.

use std::collections::HashSet;

use kontor_store::{CommitError, Index, Schema, StoreError, Table};
use kontor_store_sql::{Dialect, FTS_SUFFIX, ddl};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::{store_error, taken};
use crate::known::{columns, names};

/// Does what is missing in one transaction, and says it.
pub(crate) fn migrate(db: &Connection, schema: &Schema) -> Result<Vec<String>, StoreError> {
    let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate).map_err(store_error)?;
    let recorded = check(&transaction, schema)?;
    let mut done = Vec::new();
    let mut tables = set(names(&transaction, "table").map_err(store_error)?);
    let indexes = set(names(&transaction, "index").map_err(store_error)?);
    for table in &schema.tables {
        bring_up(&transaction, table, &mut tables, &indexes, &mut done)?;
    }
    if recorded != schema.version {
        transaction.pragma_update(None, "user_version", schema.version).map_err(store_error)?;
        if recorded != 0 {
            done.push(format!("raised the schema version from {recorded} to {}", schema.version));
        }
    }
    transaction.commit().map_err(store_error)?;
    Ok(done)
}

fn set(names: Vec<String>) -> HashSet<String> {
    names.into_iter().collect()
}

/// The recorded version (0: none yet), when this program can work from it.
fn check(db: &Connection, schema: &Schema) -> Result<i64, StoreError> {
    let recorded: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(store_error)?;
    if recorded > schema.version {
        return Err(StoreError::Schema(format!(
            "the database has schema version {recorded} and this program knows {}: start a newer version of the program, \
             or restore a backup made with this one",
            schema.version
        )));
    }
    if recorded != 0 && recorded < schema.oldest {
        return Err(StoreError::Schema(format!(
            "the database has schema version {recorded} and this program can migrate from {}: start a version of the program \
             between the two first",
            schema.oldest
        )));
    }
    Ok(recorded)
}

fn bring_up(
    db: &Connection,
    table: &Table,
    tables: &mut HashSet<String>,
    indexes: &HashSet<String>,
    done: &mut Vec<String>,
) -> Result<(), StoreError> {
    let name = &table.name;
    let execute = |text: &str| db.execute_batch(text).map_err(store_error);
    if tables.contains(name) {
        let there = set(columns(db, name).map_err(store_error)?);
        for column in table.columns.iter().filter(|column| !there.contains(&column.name)) {
            execute(&ddl::add_column(name, column, Dialect::Sqlite))?;
            done.push(format!("added column {} to table {name}", column.name));
        }
        if table.search && !tables.contains(&format!("{name}{FTS_SUFFIX}")) {
            for text in ddl::create_search(name, Dialect::Sqlite) {
                execute(&text)?;
            }
            done.push(format!("added full text to table {name}"));
        }
    } else {
        for text in ddl::create_table(table, Dialect::Sqlite) {
            execute(&text)?;
        }
        tables.insert(name.clone());
        done.push(format!("made table {name}"));
    }
    for index in table.indexes.iter().filter(|index| !indexes.contains(&index.name)) {
        execute(&ddl::create_index(name, index, Dialect::Sqlite)).map_err(|error| match error {
            StoreError::Internal(text) if text.starts_with("UNIQUE") => StoreError::Schema(format!(
                "the unique index {} cannot be made: table {name} has rows with equal values; make them differ first",
                index.name
            )),
            other => other,
        })?;
        done.push(format!("made index {} on table {name}", index.name));
    }
    Ok(())
}

/// Makes one index if it is missing.
pub(crate) fn create_index(db: &Connection, table: &str, index: &Index) -> Result<(), CommitError> {
    db.execute_batch(&ddl::create_index(table, index, Dialect::Sqlite)).map_err(|error| {
        if taken(&error).is_some() {
            return CommitError::Unique { write: 0, index: index.name.clone() };
        }
        CommitError::Store(store_error(error))
    })
}
