//! Inserts, updates and deletes. Parameter 1 is the space; the text depends on names only (and on which keys are
//! null), so that it can be kept prepared.

use std::fmt::Write as _;

use kontor_model::{Kind, Value};
use kontor_store::{ColumnRef, OnConflict, Set};

use crate::select::list;
use crate::{Dialect, FTS_SUFFIX, ident};

/// `INSERT`: parameter 1 is the space, then one for each column, then (PostgreSQL, when `search`) the full text.
///
/// `key` is the table's primary key without `space`. SQLite answers with `row` when `search`, if a row was written:
/// the caller passes it on to [`fts_put`].
pub fn insert(
    table: &str,
    key: &[impl AsRef<str>],
    columns: &[ColumnRef],
    on_conflict: OnConflict,
    search: bool,
    dialect: Dialect,
) -> String {
    let mut out = String::with_capacity(64 + 24 * columns.len());
    let in_row = search && dialect == Dialect::Postgres;
    out.push_str("INSERT INTO ");
    ident(table, &mut out);
    out.push_str(" (");
    list(std::iter::once("space").chain(columns.iter().map(|c| &*c.name)), &mut out);
    out.push_str(if in_row { ", \"search\") VALUES (" } else { ") VALUES (" });
    for n in 1..=columns.len() + 1 {
        out.push_str(if n > 1 { ", " } else { "" });
        placeholder(n, dialect, &mut out);
    }
    if in_row {
        let _ = write!(out, ", to_tsvector('simple', ${}::text)", columns.len() + 2);
    }
    out.push(')');
    conflict(table, key, columns, on_conflict, in_row, dialect, &mut out);
    // A row that is certainly new is the last one inserted; only the others have to be asked for.
    if search && dialect == Dialect::Sqlite && on_conflict != OnConflict::Fail {
        out.push_str(" RETURNING \"row\"");
    }
    out
}

fn conflict(
    table: &str,
    key: &[impl AsRef<str>],
    columns: &[ColumnRef],
    on_conflict: OnConflict,
    in_row: bool,
    dialect: Dialect,
    out: &mut String,
) {
    if on_conflict == OnConflict::Fail {
        return;
    }
    out.push_str(" ON CONFLICT ");
    match dialect {
        Dialect::Sqlite => {
            out.push('(');
            list(std::iter::once("space").chain(key.iter().map(AsRef::as_ref)), out);
            out.push(')');
        }
        Dialect::Postgres => {
            out.push_str("ON CONSTRAINT ");
            ident(&primary_key(table), out);
        }
    }
    let is_value = |column: &&ColumnRef| !key.iter().any(|k| k.as_ref() == &*column.name);
    let values: Vec<&str> =
        columns.iter().filter(is_value).map(|c| &*c.name).chain(in_row.then_some("search")).collect();
    if on_conflict == OnConflict::Keep || values.is_empty() {
        out.push_str(" DO NOTHING");
        return;
    }
    out.push_str(" DO UPDATE SET ");
    for (i, name) in values.into_iter().enumerate() {
        out.push_str(if i > 0 { ", " } else { "" });
        ident(name, out);
        out.push_str(" = excluded.");
        ident(name, out);
    }
}

/// The name under which a taken primary key is reported.
pub fn primary_key(table: &str) -> String {
    format!("pk_{table}")
}

/// `UPDATE`: parameter 1 is the space, then what [`update_params`] gives, then (PostgreSQL, when `search`) the full
/// text. A key that is null asks for null. SQLite answers with `row` when `search`.
pub fn update(
    table: &str,
    keys: &[(ColumnRef, Value)],
    set: &[(ColumnRef, Set)],
    search: bool,
    dialect: Dialect,
) -> String {
    let mut out = String::with_capacity(64 + 24 * (set.len() + keys.len()));
    out.push_str("UPDATE ");
    ident(table, &mut out);
    out.push_str(" SET ");
    let mut n = 1;
    for (column, value) in set {
        out.push_str(if n > 1 { ", " } else { "" });
        n += 1;
        ident(&column.name, &mut out);
        out.push_str(" = ");
        if let Set::Add(_) = value {
            out.push_str("COALESCE(");
            ident(&column.name, &mut out);
            out.push_str(", 0) + ");
            placeholder(n, dialect, &mut out);
            out.push_str(if dialect == Dialect::Postgres { "::bigint" } else { "" });
        } else {
            placeholder(n, dialect, &mut out);
        }
    }
    let in_row = search && dialect == Dialect::Postgres;
    if in_row {
        let last = n + 1 + keys.iter().filter(|(_, value)| !value.is_null()).count();
        out.push_str(if n > 1 { ", " } else { "" });
        let _ = write!(out, "\"search\" = to_tsvector('simple', ${last}::text)");
    } else if set.is_empty() {
        // Only a guard, or only new full text: the row is touched, not changed.
        out.push_str("\"space\" = \"space\"");
    }
    matching(keys, n, dialect, &mut out);
    if search && dialect == Dialect::Sqlite {
        out.push_str(" RETURNING \"row\"");
    }
    out
}

/// What is bound to [`update`] after the space.
pub fn update_params<'a>(
    keys: &'a [(ColumnRef, Value)],
    set: &'a [(ColumnRef, Set)],
) -> impl Iterator<Item = (std::borrow::Cow<'a, Value>, Kind)> {
    use std::borrow::Cow;
    set.iter()
        .map(|(column, value)| match value {
            Set::To(value) => (Cow::Borrowed(value), column.kind),
            Set::Add(n) => (Cow::Owned(Value::Int(*n)), Kind::Int),
        })
        .chain(delete_params(keys).map(|(value, kind)| (Cow::Borrowed(value), kind)))
}

/// `DELETE`: parameter 1 is the space, then what [`delete_params`] gives. SQLite answers with `row` when `search`.
pub fn delete(table: &str, keys: &[(ColumnRef, Value)], search: bool, dialect: Dialect) -> String {
    let mut out = String::from("DELETE FROM ");
    ident(table, &mut out);
    matching(keys, 1, dialect, &mut out);
    if search && dialect == Dialect::Sqlite {
        out.push_str(" RETURNING \"row\"");
    }
    out
}

/// What is bound to [`delete`] after the space: keys that are not null.
pub fn delete_params(keys: &[(ColumnRef, Value)]) -> impl Iterator<Item = (&Value, Kind)> {
    keys.iter().filter(|(_, value)| !value.is_null()).map(|(column, value)| (value, column.kind))
}

/// ` WHERE` the space and the keys; `bound` parameters stand before the keys.
fn matching(keys: &[(ColumnRef, Value)], bound: usize, dialect: Dialect, out: &mut String) {
    let mut n = bound;
    out.push_str(" WHERE \"space\" = ");
    placeholder(1, dialect, out);
    for (column, value) in keys {
        out.push_str(" AND ");
        ident(&column.name, out);
        if value.is_null() {
            out.push_str(" IS NULL");
        } else {
            n += 1;
            out.push_str(" = ");
            placeholder(n, dialect, out);
        }
    }
}

fn placeholder(n: usize, dialect: Dialect, out: &mut String) {
    let _ = write!(out, "{}{n}", if dialect == Dialect::Sqlite { '?' } else { '$' });
}

/// SQLite: writes the full text of a row (1: `row`, 2: tokens), whether or not it had any.
pub fn fts_put(table: &str) -> String {
    fts("INSERT OR REPLACE INTO ", table, " (rowid, body) VALUES (?1, ?2)")
}

/// SQLite: the full text of a new row (1: `row`, 2: text). Plain values and no conflict clause, so that SQLite opens no
/// statement journal, at which FTS5 would write out what it gathers.
pub fn fts_add(table: &str) -> String {
    fts("INSERT INTO ", table, " (rowid, body) VALUES (?1, ?2)")
}

/// SQLite: forgets the full text of a row (1: `row`).
pub fn fts_delete(table: &str) -> String {
    fts("DELETE FROM ", table, " WHERE rowid = ?1")
}

fn fts(before: &str, table: &str, after: &str) -> String {
    let mut out = String::from(before);
    ident(&format!("{table}{FTS_SUFFIX}"), &mut out);
    out.push_str(after);
    out
}
