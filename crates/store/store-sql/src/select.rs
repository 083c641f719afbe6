//! A select as one statement.

use kontor_model::{Kind, Op, Value};
use kontor_store::{Cond, Expr, Join, Select, Source, Which};

use crate::builder::{Builder, Rank};
use crate::expr::{is_aggregate, nullable, reads_json};
use crate::keyset::{self, Key};
use crate::search::question;
use crate::{CANDIDATES, Dialect, FTS_SUFFIX, Sql, ident};

/// What a store has found out about a question, beyond the question itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hints {
    /// SQLite: a sum went beyond 64 bits; ask for exact ones (`Int`, or `Text` where it does not fit).
    pub exact_sums: bool,
    /// SQLite: the search has so many matches that rows are better read in the order and looked up among the matches.
    pub walk_order: bool,
    /// PostgreSQL: row security holds, and there are views ([`crate::ddl::view`]) for questions that it would keep from
    /// their indexes.
    pub views: bool,
}

/// The statement. Column n of its rows is `select.columns[n]`; in PostgreSQL a [`Expr::Sum`] is text of a whole number.
pub fn select(select: &Select, dialect: Dialect) -> Sql {
    select_with(select, dialect, Hints::default())
}

/// [`select`] with hints.
pub fn select_with(select: &Select, dialect: Dialect, hints: Hints) -> Sql {
    let mut b = Builder::new(dialect);
    b.exact = hints.exact_sums;
    b.views = hints.views && !b.sqlite() && kept_from_indexes(select);
    let question = select.search.as_ref().and_then(|search| question(search, dialect));
    let ranked = question.is_some()
        && select.order.iter().any(|order| order.by == Expr::Rank)
        && select.group.is_empty()
        && !select.columns.iter().any(is_aggregate);
    if ranked {
        write_ranked(&mut b, select, question);
    } else {
        write_plain(&mut b, select, question, hints.walk_order);
    }
    b.finish()
}

fn write_plain(b: &mut Builder, select: &Select, question: Option<String>, walk: bool) {
    // FROM and WHERE come first, because ranks in the columns refer to the parameter of the search.
    let body = b.aside(|b| {
        source(b, select, question, walk);
        let keys = select.after.as_ref().map(|after| keyset::keys(b, &select.order, after, select.filter.as_ref()));
        if let Some(keys) = keys.as_ref().filter(|_| select.group.is_empty()) {
            b.push(" AND ");
            keyset::after(b, keys);
        }
        for (i, group) in select.group.iter().enumerate() {
            b.push(if i == 0 { " GROUP BY " } else { ", " });
            b.expr(group);
        }
        let keys = keys.filter(|_| !select.group.is_empty());
        match (&select.having, &keys) {
            (None, None) => {}
            (Some(having), None) => {
                b.push(" HAVING ");
                b.cond(having);
            }
            (having, Some(keys)) => {
                b.push(" HAVING ");
                if let Some(having) = having {
                    b.cond(having);
                    b.push(" AND ");
                }
                keyset::after(b, keys);
            }
        }
        for (i, order) in select.order.iter().enumerate() {
            b.push(if i == 0 { " ORDER BY " } else { ", " });
            b.expr(&order.by);
            direction(b, order.descending, nullable(&order.by));
        }
        limits(b, select);
    });
    columns(b, select);
    b.push(&body);
}

/// Candidates, their best, and only then their columns.
fn write_ranked(b: &mut Builder, select: &Select, question: Option<String>) {
    let body = b.aside(|b| {
        b.push(" FROM (SELECT * FROM (SELECT ");
        let candidates = b.aside(|b| source(b, select, question, false));
        b.push(if b.sqlite() { "t0.\"row\" AS \"r\"" } else { "t0.\"id\" AS \"r\"" });
        for (k, order) in select.order.iter().enumerate() {
            b.push(", ");
            b.expr(&order.by);
            b.push(" AS \"k");
            b.number(k);
            b.push("\"");
        }
        b.push(&candidates);
        b.push(" LIMIT ");
        b.number(CANDIDATES);
        b.push(") AS c");
        if let Some(after) = &select.after {
            let keys: Vec<Key> = select
                .order
                .iter()
                .zip(after)
                .enumerate()
                .map(|(k, (order, value))| Key {
                    text: format!("c.\"k{k}\""),
                    kind: order.by.kind(),
                    descending: order.descending,
                    nullable: nullable(&order.by),
                    value: value.clone(),
                })
                .collect();
            b.push(" WHERE ");
            keyset::after(b, &keys);
        }
        by_columns(b, select);
        limits(b, select);
        b.push(") AS c CROSS JOIN ");
        table(b, &select.from);
        joins(b, &select.joins);
        b.push(" WHERE ");
        b.push(if b.sqlite() { "t0.\"row\" = c.\"r\"" } else { "t0.\"id\" = c.\"r\" AND " });
        if !b.sqlite() {
            space(b, select);
        }
        by_columns(b, select);
        b.rank = Rank::Column(select.order.iter().position(|order| order.by == Expr::Rank).unwrap_or(0));
    });
    columns(b, select);
    b.push(&body);
}

fn by_columns(b: &mut Builder, select: &Select) {
    for (k, order) in select.order.iter().enumerate() {
        b.push(if k == 0 { " ORDER BY c.\"k" } else { ", c.\"k" });
        b.number(k);
        b.push("\"");
        direction(b, order.descending, nullable(&order.by));
    }
}

fn columns(b: &mut Builder, select: &Select) {
    b.push("SELECT ");
    if select.columns.is_empty() {
        b.push("1");
    }
    for (i, column) in select.columns.iter().enumerate() {
        b.push(if i > 0 { ", " } else { "" });
        b.output(column);
    }
}

/// ` FROM … WHERE …` of the base table, the search, the joins and the filter.
fn source(b: &mut Builder, select: &Select, question: Option<String>, walk: bool) {
    b.push(" FROM ");
    let fts = format!("{}{FTS_SUFFIX}", select.from.table);
    if question.is_some() && b.sqlite() && !walk {
        // CROSS JOIN keeps the order of the loops in SQLite.
        b.ident(&fts);
        b.push(" CROSS JOIN ");
    }
    table(b, &select.from);
    joins(b, &select.joins);
    b.push(" WHERE ");
    space(b, select);
    b.rows_of(0, &select.from);
    if let Some(question) = question {
        b.push(" AND ");
        if b.sqlite() && walk {
            // The plus keeps the list from being what the rows are found by.
            b.push("+t0.\"row\" IN (SELECT rowid FROM ");
            b.ident(&fts);
            b.push(" WHERE ");
            b.ident(&fts);
            b.push(" MATCH ");
            b.bind(Value::Text(question), Kind::Text);
            b.push(")");
        } else if b.sqlite() {
            b.ident(&fts);
            b.push(".rowid = t0.\"row\" AND ");
            b.ident(&fts);
            b.push(" MATCH ");
            b.bind(Value::Text(question), Kind::Text);
            b.rank = Rank::Fts(fts);
        } else {
            b.push("t0.\"search\" @@ to_tsquery('simple', ");
            let n = b.bind(Value::Text(question), Kind::Text);
            b.push(")");
            b.rank = Rank::Query(n);
        }
    }
    if let Some(filter) = &select.filter {
        b.push(" AND ");
        b.cond(filter);
    }
}

fn table(b: &mut Builder, source: &Source) {
    b.relation(&source.table);
    b.push(" AS t0");
}

fn joins(b: &mut Builder, joins: &[Join]) {
    for (i, join) in joins.iter().enumerate() {
        let n = i + 1;
        b.push(" LEFT JOIN ");
        b.relation(&join.source.table);
        b.push(" AS t");
        b.number(n);
        b.push(" ON t");
        b.number(n);
        b.push(".\"space\" = t0.\"space\" AND t");
        b.number(n);
        b.push(".\"id\" = ");
        b.expr(&join.on);
        b.rows_of(n, &join.source);
        if let Some(filter) = &join.filter {
            b.push(" AND ");
            b.cond(filter);
        }
    }
}

impl Builder {
    /// Which rows of a table, as literals: partial indexes are matched by them.
    pub fn rows_of(&mut self, relation: usize, source: &Source) {
        if let Some(object) = &source.object {
            self.push(" AND ");
            self.alias(relation);
            self.push(".\"object\" = ");
            crate::name_literal(object, &mut self.text);
        }
        let test = match source.which {
            Which::Live => " IS NULL",
            Which::Bin => " IS NOT NULL",
            Which::All => return,
        };
        self.push(" AND ");
        self.alias(relation);
        self.push(".\"deleted_at\"");
        self.push(test);
    }
}

/// The space is bound, but written where an index of that space alone may serve: those are over custom fields.
fn space(b: &mut Builder, select: &Select) {
    b.push("t0.\"space\" = ");
    let own_index = select.from.object.is_some()
        || select.order.iter().any(|order| reads_json(&order.by))
        || select.filter.as_ref().is_some_and(filters_json);
    if own_index {
        b.number(select.space);
    } else {
        b.bind(Value::Int(select.space.0), Kind::Int);
    }
}

fn filters_json(cond: &Cond) -> bool {
    match cond {
        Cond::And(all) | Cond::Or(all) => all.iter().any(filters_json),
        Cond::Not(inner) => filters_json(inner),
        Cond::Test { left, .. } | Cond::Between { left, .. } | Cond::Among { left, .. } => reads_json(left),
        Cond::Never => false,
    }
}

/// Whether it looks for rows by what is not leakproof: full text, custom fields, parts of texts.
fn kept_from_indexes(select: &Select) -> bool {
    select.search.is_some()
        || select.order.iter().any(|order| reads_json(&order.by))
        || select.filter.as_ref().is_some_and(leaks)
        || select.joins.iter().any(|join| reads_json(&join.on) || join.filter.as_ref().is_some_and(leaks))
}

fn leaks(cond: &Cond) -> bool {
    match cond {
        Cond::And(all) | Cond::Or(all) => all.iter().any(leaks),
        Cond::Not(inner) => leaks(inner),
        Cond::Test { left, op, .. } => reads_json(left) || matches!(op, Op::Contains | Op::StartsWith),
        Cond::Between { left, .. } => reads_json(left),
        Cond::Among { left, rows } => reads_json(left) || leaks(&rows.filter),
        Cond::Never => false,
    }
}

pub(crate) fn direction(b: &mut Builder, descending: bool, nullable: bool) {
    b.push(match (descending, nullable && !b.sqlite()) {
        (false, false) => " ASC",
        (true, false) => " DESC",
        (false, true) => " ASC NULLS FIRST",
        (true, true) => " DESC NULLS LAST",
    });
}

fn limits(b: &mut Builder, select: &Select) {
    match select.limit {
        Some(limit) => {
            b.push(" LIMIT ");
            b.number(limit.min(i64::MAX.unsigned_abs()));
        }
        None if select.offset > 0 && b.sqlite() => b.push(" LIMIT -1"),
        None => {}
    }
    if select.offset > 0 {
        b.push(" OFFSET ");
        b.bind(Value::Int(i64::try_from(select.offset).unwrap_or(i64::MAX)), Kind::Int);
    }
}

/// A quoted list of columns.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>, out: &mut String) {
    for (i, name) in names.into_iter().enumerate() {
        out.push_str(if i > 0 { ", " } else { "" });
        ident(name, out);
    }
}
