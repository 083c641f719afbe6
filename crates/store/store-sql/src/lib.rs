//! Selects, writes and tables as SQL text with bound parameters, for the two dialects that Kontor speaks.
//!
//! Pure functions: no connection, no value in the text. What is written literally comes from closed sets (bucket
//! names, object names and JSON keys of `[a-z0-9_]`, numbers of spaces and limits), so that partial and expression
//! indexes fit and prepared statements can be kept.

mod builder;
pub mod cond;
pub mod ddl;
pub mod expr;
mod keyset;
pub mod search;
mod select;
mod write;

#[cfg(test)]
mod tests;

use kontor_model::{Kind, Value};

pub use select::{Hints, select, select_with};
pub use write::{delete, delete_params, fts_add, fts_delete, fts_put, insert, primary_key, update, update_params};

/// The full-text index of a table in SQLite: `{table}_fts`, with one column `body`.
pub const FTS_SUFFIX: &str = "_fts";

/// Most matches of a search that are ranked; more would only make a vague search slow.
pub const CANDIDATES: u64 = 10_000;

/// Which database the text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Placeholders `?N`. Needs the functions `kontor_contains`, `kontor_starts`, `kontor_bucket_day`,
    /// `kontor_bucket_time`, `kontor_sum` and `kontor_sum_key`, which the SQLite store registers.
    Sqlite,
    /// Placeholders `$N`. Needs [`ddl::functions`].
    Postgres,
}

/// A statement and what is bound to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sql {
    pub text: String,
    /// Parameter 1 first. The kind is that of the column the value meets; `Ints` and `Texts` are arrays of it
    /// (PostgreSQL only: for SQLite they are JSON text already).
    pub params: Vec<(Value, Kind)>,
}

/// Appends an identifier in quotes. Names come from the catalog and are `[a-z0-9_]`; whatever else came in by mistake
/// is left out, so that no name can end its quotes.
pub fn ident(name: &str, out: &mut String) {
    quoted(name, '"', out);
}

/// Appends a name as a string literal, under the same rule as [`ident`].
pub fn name_literal(name: &str, out: &mut String) {
    quoted(name, '\'', out);
}

fn quoted(name: &str, quote: char, out: &mut String) {
    let good = is_name(name);
    debug_assert!(good, "not a name: {name:?}");
    out.push(quote);
    if good {
        out.push_str(name);
    } else {
        out.extend(name.bytes().filter(|b| is_name_byte(*b)).map(char::from));
    }
    out.push(quote);
}

/// Whether this may be written as an identifier or a literal name.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_name_byte)
}

fn is_name_byte(b: u8) -> bool {
    matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')
}

/// Columns of the base table that are never null, so that comparisons and index orders need no word on nulls.
/// Selects and indexes use the same rule: PostgreSQL matches them by it.
pub fn never_null(column: &str) -> bool {
    matches!(column, "space" | "id" | "created_at" | "updated_at" | "version")
}

/// An exact whole number as bytes that sort like it: SQLite has no integers beyond 64 bits. What `kontor_sum_key`
/// gives.
pub fn sum_key(n: i128) -> [u8; 16] {
    (n.cast_unsigned() ^ (1 << 127)).to_be_bytes()
}
