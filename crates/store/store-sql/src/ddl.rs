//! Tables, columns and indexes.

use std::fmt::Write as _;

use kontor_model::Kind;
use kontor_store::{Column, Index, IndexPart, Table};

use crate::expr::json_key;
use crate::select::list;
use crate::{Dialect, FTS_SUFFIX, ident, name_literal, never_null, primary_key};

/// The type of a column.
pub fn column_type(kind: Kind, dialect: Dialect) -> &'static str {
    match (dialect, kind) {
        (Dialect::Sqlite, Kind::Int | Kind::Bool) => "INTEGER",
        (Dialect::Sqlite, Kind::Text | Kind::Json) => "TEXT",
        (Dialect::Sqlite, Kind::Bytes) => "BLOB",
        (Dialect::Postgres, Kind::Int) => "BIGINT",
        (Dialect::Postgres, Kind::Bool) => "BOOLEAN",
        // By code point, as SQLite sorts.
        (Dialect::Postgres, Kind::Text) => "TEXT COLLATE \"C\"",
        (Dialect::Postgres, Kind::Json) => "JSONB",
        (Dialect::Postgres, Kind::Bytes) => "BYTEA",
    }
}

/// What a new column that may not be null holds in rows that are there already.
fn default(kind: Kind, dialect: Dialect) -> &'static str {
    match (kind, dialect) {
        (Kind::Int, _) => "0",
        (Kind::Bool, Dialect::Sqlite) => "0",
        (Kind::Bool, Dialect::Postgres) => "FALSE",
        (Kind::Text, _) => "''",
        (Kind::Json, _) => "'{}'",
        (Kind::Bytes, Dialect::Sqlite) => "x''",
        (Kind::Bytes, Dialect::Postgres) => "''::bytea",
    }
}

/// The statements that make a table that is not there, its full text included, its indexes not.
pub fn create_table(table: &Table, dialect: Dialect) -> Vec<String> {
    let mut out = String::from("CREATE TABLE IF NOT EXISTS ");
    ident(&table.name, &mut out);
    out.push_str(match dialect {
        Dialect::Sqlite => " (\"row\" INTEGER PRIMARY KEY, \"space\" INTEGER NOT NULL",
        Dialect::Postgres => " (\"space\" BIGINT NOT NULL",
    });
    for column in &table.columns {
        out.push_str(", ");
        write_column(column, false, dialect, &mut out);
    }
    if table.search && dialect == Dialect::Postgres {
        out.push_str(", \"search\" TSVECTOR");
    }
    let key = std::iter::once("space").chain(table.key.iter().map(String::as_str));
    match dialect {
        Dialect::Sqlite => out.push_str(", UNIQUE ("),
        Dialect::Postgres => {
            out.push_str(", CONSTRAINT ");
            ident(&primary_key(&table.name), &mut out);
            out.push_str(" PRIMARY KEY (");
        }
    }
    list(key, &mut out);
    out.push_str(if dialect == Dialect::Sqlite { ")) STRICT" } else { "))" });
    let mut statements = vec![out];
    if table.search {
        statements.extend(create_search(&table.name, dialect));
    }
    statements
}

/// The statements that give a table its full text: harmless when it has it.
pub fn create_search(table: &str, dialect: Dialect) -> Vec<String> {
    let mut out = String::new();
    match dialect {
        Dialect::Sqlite => {
            out.push_str("CREATE VIRTUAL TABLE IF NOT EXISTS ");
            ident(&format!("{table}{FTS_SUFFIX}"), &mut out);
            out.push_str(
                " USING fts5(body, content='', contentless_delete=1, \
                 tokenize=\"unicode61 remove_diacritics 0 tokenchars ''\", prefix='2 3')",
            );
            vec![out]
        }
        Dialect::Postgres => {
            out.push_str("ALTER TABLE ");
            ident(table, &mut out);
            out.push_str(" ADD COLUMN IF NOT EXISTS \"search\" TSVECTOR");
            let mut index = String::from("CREATE INDEX IF NOT EXISTS ");
            ident(&format!("fts_{table}"), &mut index);
            index.push_str(" ON ");
            ident(table, &mut index);
            index.push_str(" USING gin (\"search\")");
            vec![out, index]
        }
    }
}

/// Adds a column; one that may not be null gets a default for the rows that are there.
pub fn add_column(table: &str, column: &Column, dialect: Dialect) -> String {
    let mut out = String::from("ALTER TABLE ");
    ident(table, &mut out);
    out.push_str(if dialect == Dialect::Sqlite { " ADD COLUMN " } else { " ADD COLUMN IF NOT EXISTS " });
    write_column(column, true, dialect, &mut out);
    out
}

fn write_column(column: &Column, added: bool, dialect: Dialect, out: &mut String) {
    ident(&column.name, out);
    out.push(' ');
    out.push_str(column_type(column.kind, dialect));
    if column.not_null {
        out.push_str(" NOT NULL");
        if added {
            let _ = write!(out, " DEFAULT {}", default(column.kind, dialect));
        }
    }
}

/// Makes an index if it is missing. In PostgreSQL nulls come first, as in every order of a select, so that the index
/// serves both directions.
pub fn create_index(table: &str, index: &Index, dialect: Dialect) -> String {
    let mut out = String::from(if index.unique { "CREATE UNIQUE INDEX" } else { "CREATE INDEX" });
    out.push_str(" IF NOT EXISTS ");
    ident(&index.name, &mut out);
    out.push_str(" ON ");
    ident(table, &mut out);
    out.push_str(" (");
    for (i, part) in index.parts.iter().enumerate() {
        out.push_str(if i > 0 { ", " } else { "" });
        let nullable = match part {
            IndexPart::Column(name) => {
                ident(name, &mut out);
                !never_null(name)
            }
            IndexPart::Json { key, kind } => {
                let wrapped = dialect == Dialect::Postgres;
                out.push_str(if wrapped { "(" } else { "" });
                json_key("", key, *kind, dialect, &mut out);
                out.push_str(if wrapped { ")" } else { "" });
                true
            }
        };
        if nullable && dialect == Dialect::Postgres {
            out.push_str(" ASC NULLS FIRST");
        }
    }
    out.push(')');
    let mut word = " WHERE ";
    if let Some(space) = index.space {
        let _ = write!(out, "{word}\"space\" = {space}");
        word = " AND ";
    }
    if let Some(object) = &index.object {
        let _ = write!(out, "{word}\"object\" = ");
        name_literal(object, &mut out);
        word = " AND ";
    }
    if index.live_only {
        let _ = write!(out, "{word}\"deleted_at\" IS NULL");
    }
    out
}

/// Drops an index if it is there.
pub fn drop_index(name: &str) -> String {
    let mut out = String::from("DROP INDEX IF EXISTS ");
    ident(name, &mut out);
    out
}

/// PostgreSQL: the space that was set for the statement; null, which nothing equals, where none was. As a select of its
/// own it is asked once for each statement, and compared with the statement's own space before any row is read.
const SPACE_SET: &str = "(SELECT nullif(current_setting('kontor.space', true), '')::bigint)";

/// PostgreSQL: lets only rows of the space that was set be read and written.
pub fn policy(table: &str) -> String {
    let mut out = String::from("CREATE POLICY kontor_space ON ");
    ident(table, &mut out);
    let _ = write!(out, " USING (\"space\" = {SPACE_SET}) WITH CHECK (\"space\" = {SPACE_SET})");
    out
}

/// The view of [`view`].
pub fn view_name(table: &str) -> String {
    format!("own_{table}")
}

/// PostgreSQL: the rows of the space that was set, as a view of the owner's. Row security lets no operator that could
/// tell something about a row (`@@`, `->>`, `LIKE`: all that are not leakproof) look into an index before the policy has
/// passed the row; a view does, and shows the same rows.
pub fn view(table: &str) -> String {
    let mut out = String::from("CREATE OR REPLACE VIEW ");
    ident(&view_name(table), &mut out);
    out.push_str(" AS SELECT * FROM ");
    ident(table, &mut out);
    let _ = write!(out, " WHERE \"space\" = {SPACE_SET}");
    out
}

/// PostgreSQL: functions that expressions use; to be made before the tables. They are immutable, so that indexes may
/// use them, and give null for a value of another type.
pub fn functions() -> &'static [&'static str] {
    &[
        "CREATE OR REPLACE FUNCTION kontor_int(v jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ \
         SELECT CASE WHEN jsonb_typeof(v) = 'number' THEN CASE WHEN v::numeric = trunc(v::numeric) \
         AND v::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN v::numeric::bigint END END $$",
        "CREATE OR REPLACE FUNCTION kontor_bool(v jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ \
         SELECT CASE WHEN jsonb_typeof(v) = 'boolean' THEN v::boolean END $$",
    ]
}
