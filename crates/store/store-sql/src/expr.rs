//! Expressions. The text of a JSON key is the same in indexes and selects: databases match expression indexes by it.

use std::fmt::Write as _;

use kontor_model::{Kind, Value};
use kontor_store::Expr;

use crate::builder::{Builder, Rank};
use crate::{Dialect, ident, is_name, name_literal};

/// Appends a key of the JSON column `custom`, read as `kind`: null when the value is of another type, so that a field
/// that changed its type neither fails nor compares oddly. `alias` is a table alias with its dot, or empty in an index.
///
/// Only keys of `[a-z0-9_]` have a text of their own; see [`Builder::key`] for the others.
pub fn json_key(alias: &str, key: &str, kind: Kind, dialect: Dialect, out: &mut String) {
    let mut custom = String::from(alias);
    ident("custom", &mut custom);
    let mut name = String::new();
    name_literal(key, &mut name);
    let path = name.replacen('\'', "'$.", 1);
    write_key(&custom, &name, &path, kind, dialect, out);
}

/// `key` and `path` are a literal or a placeholder each; PostgreSQL has no use for the path.
fn write_key(custom: &str, key: &str, path: &str, kind: Kind, dialect: Dialect, out: &mut String) {
    let _ = match (dialect, kind) {
        (Dialect::Sqlite, Kind::Json) => write!(out, "NULLIF({custom} -> {key}, 'null')"),
        (Dialect::Sqlite, Kind::Int) => {
            write!(out, "(CASE json_type({custom}, {path}) WHEN 'integer' THEN {custom} ->> {key} END)")
        }
        (Dialect::Sqlite, Kind::Bool) => {
            write!(out, "(CASE json_type({custom}, {path}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END)")
        }
        (Dialect::Sqlite, Kind::Text | Kind::Bytes) => write!(out, "({custom} ->> {key})"),
        (Dialect::Postgres, Kind::Int) => write!(out, "kontor_int({custom} -> {key})"),
        (Dialect::Postgres, Kind::Bool) => write!(out, "kontor_bool({custom} -> {key})"),
        (Dialect::Postgres, Kind::Json) => write!(out, "NULLIF({custom} -> {key}, 'null'::jsonb)"),
        (Dialect::Postgres, Kind::Text | Kind::Bytes) => write!(out, "(({custom} ->> {key}) COLLATE \"C\")"),
    };
}

/// Whether its value can be missing.
pub(crate) fn nullable(expr: &Expr) -> bool {
    match expr {
        Expr::Column { relation: 0, name, .. } => !crate::never_null(name),
        Expr::Count | Expr::CountDistinct(_) | Expr::CountOf(_) | Expr::Rank => false,
        Expr::Bucket { of, .. } => nullable(of),
        Expr::Column { .. } | Expr::Json { .. } | Expr::Sum(_) | Expr::Min(_) | Expr::Max(_) => true,
    }
}

pub(crate) fn is_aggregate(expr: &Expr) -> bool {
    match expr {
        Expr::Count | Expr::CountDistinct(_) | Expr::CountOf(_) | Expr::Sum(_) | Expr::Min(_) | Expr::Max(_) => true,
        Expr::Column { .. } | Expr::Json { .. } | Expr::Bucket { .. } | Expr::Rank => false,
    }
}

/// Whether it reads a custom field, whose indexes may be those of one space.
pub(crate) fn reads_json(expr: &Expr) -> bool {
    match expr {
        Expr::Json { .. } => true,
        Expr::Bucket { of, .. }
        | Expr::CountDistinct(of)
        | Expr::CountOf(of)
        | Expr::Sum(of)
        | Expr::Min(of)
        | Expr::Max(of) => reads_json(of),
        Expr::Column { .. } | Expr::Count | Expr::Rank => false,
    }
}

impl Builder {
    /// An expression as it is compared, grouped and ordered by.
    pub fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Column { relation, name, .. } => {
                self.alias(*relation);
                self.push(".");
                self.ident(name);
            }
            Expr::Json { relation, key, kind } => {
                self.key(*relation, key, *kind);
            }
            Expr::Bucket { of, bucket, zone } => self.bucket(of, bucket.name(), zone.as_deref()),
            Expr::Count => self.push("COUNT(*)"),
            Expr::CountDistinct(of) => self.call("COUNT(DISTINCT ", of),
            Expr::CountOf(of) => self.call("COUNT(", of),
            Expr::Sum(of) if self.exact && self.sqlite() => self.call("kontor_sum_key(", of),
            Expr::Sum(of) => self.call("SUM(", of),
            Expr::Min(of) if !self.sqlite() && of.kind() == Kind::Bool => self.call("BOOL_AND(", of),
            Expr::Max(of) if !self.sqlite() && of.kind() == Kind::Bool => self.call("BOOL_OR(", of),
            Expr::Min(of) => self.call("MIN(", of),
            Expr::Max(of) => self.call("MAX(", of),
            Expr::Rank => self.rank(),
        }
    }

    /// An expression as it is answered with: sums are exact.
    pub fn output(&mut self, expr: &Expr) {
        match expr {
            Expr::Sum(of) if self.sqlite() && self.exact => self.call("kontor_sum(", of),
            Expr::Sum(_) if !self.sqlite() => {
                self.expr(expr);
                self.push("::text");
            }
            _ => self.expr(expr),
        }
    }

    fn call(&mut self, open: &str, of: &Expr) {
        self.push(open);
        self.expr(of);
        self.push(")");
    }

    fn bucket(&mut self, of: &Expr, bucket: &'static str, zone: Option<&str>) {
        if self.sqlite() {
            self.push(if zone.is_some() { "kontor_bucket_time(" } else { "kontor_bucket_day(" });
            self.expr(of);
            self.push(", '");
            self.push(bucket);
            self.push("'");
            if let Some(zone) = zone {
                self.push(", ");
                self.shared(zone);
            }
            self.push(")");
            return;
        }
        self.push("(date_trunc('");
        self.push(bucket);
        self.push("', ");
        if let Some(zone) = zone {
            self.push("to_timestamp(");
            self.expr(of);
            self.push(" / 1000.0) AT TIME ZONE ");
            self.shared(zone);
        } else {
            self.push("(date '1970-01-01' + ");
            self.expr(of);
            self.push("::int)::timestamp");
        }
        self.push(")::date - date '1970-01-01')::bigint");
    }

    /// A key of the JSON column. One that is not `[a-z0-9_]` (no field of ours is) is bound, like any text.
    fn key(&mut self, relation: usize, key: &str, kind: Kind) {
        let alias = self.aside(|b| b.alias(relation)) + ".";
        if is_name(key) {
            return json_key(&alias, key, kind, self.dialect, &mut self.text);
        }
        let custom = alias + "\"custom\"";
        let path = match self.dialect {
            Dialect::Sqlite => format!("$.{}", serde_json::Value::from(key)),
            Dialect::Postgres => key.to_owned(),
        };
        let key = self.aside(|b| b.shared(&path));
        write_key(&custom, &key, &key, kind, self.dialect, &mut self.text);
    }

    /// Binds a text that is the same wherever it stands.
    fn shared(&mut self, text: &str) {
        if let Some(n) = self.shared.iter().find(|(known, _)| known == text).map(|(_, n)| *n) {
            self.placeholder(n, "::text");
            return;
        }
        let n = self.bind(Value::Text(text.to_owned()), Kind::Text);
        self.shared.push((text.to_owned(), n));
    }

    fn rank(&mut self) {
        match self.rank.clone() {
            Rank::Absent => self.push("0"),
            Rank::Fts(table) => {
                self.push("CAST(bm25(");
                self.ident(&table);
                self.push(") * 1000000 AS INTEGER)");
            }
            Rank::Query(n) => {
                self.push("(ts_rank(t0.\"search\", to_tsquery('simple', ");
                self.placeholder(n, "::text");
                self.push(")) * -1000000)::bigint");
            }
            Rank::Column(k) => {
                self.push("c.\"k");
                self.number(k);
                self.push("\"");
            }
        }
    }
}
