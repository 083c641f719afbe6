//! "Rows after these values of the order", in a form that an index can begin at.

use kontor_model::{Kind, Op, Value};
use kontor_store::{Cond, Expr, Order};

use crate::builder::Builder;
use crate::expr::nullable;

/// One key of the order, with its text and where to go on.
pub(crate) struct Key {
    pub text: String,
    pub kind: Kind,
    pub descending: bool,
    pub nullable: bool,
    pub value: Value,
}

/// The value that the filter pins an expression to, if it does (`stage = 'won' AND …`).
pub(crate) fn pinned<'a>(filter: Option<&'a Cond>, expr: &Expr) -> Option<&'a Value> {
    conjuncts(filter).into_iter().find_map(|cond| match cond {
        Cond::Test { left, op: Op::Eq, right } if left == expr && !right.is_null() => Some(right),
        _ => None,
    })
}

/// Whether rows that pass the filter cannot have null here.
fn excluded_null(filter: Option<&Cond>, expr: &Expr) -> bool {
    conjuncts(filter).into_iter().any(|cond| match cond {
        Cond::Test { left, op: Op::IsNull, right } => left == expr && right.as_bool() == Some(false),
        Cond::Test { left, op, .. } => left == expr && !matches!(op, Op::Ne | Op::Nin),
        Cond::Between { left, .. } => left == expr,
        _ => false,
    })
}

fn conjuncts(filter: Option<&Cond>) -> Vec<&Cond> {
    match filter {
        None => Vec::new(),
        Some(Cond::And(all)) => all.iter().flat_map(|cond| conjuncts(Some(cond))).collect(),
        Some(one) => vec![one],
    }
}

/// The keys that decide: those that the filter pins to the very value are left out.
pub(crate) fn keys(b: &mut Builder, order: &[Order], after: &[Value], filter: Option<&Cond>) -> Vec<Key> {
    let mut keys = Vec::with_capacity(order.len());
    for (order, value) in order.iter().zip(after) {
        if pinned(filter, &order.by) == Some(value) {
            continue;
        }
        keys.push(Key {
            text: b.aside(|b| b.expr(&order.by)),
            kind: order.by.kind(),
            descending: order.descending,
            nullable: nullable(&order.by) && !excluded_null(filter, &order.by),
            value: value.clone(),
        });
    }
    keys
}

/// Writes the condition. Null is smaller than everything.
pub(crate) fn after(b: &mut Builder, keys: &[Key]) {
    let Some((key, rest)) = keys.split_first() else {
        b.push("FALSE");
        return;
    };
    let plain = |other: &Key| !other.nullable && !other.value.is_null() && other.descending == key.descending;
    if !rest.is_empty() && keys.iter().all(plain) {
        return row_value(b, keys, key.descending);
    }
    match (key.value.is_null(), key.descending) {
        (true, false) if rest.is_empty() => is_null(b, key, " IS NOT NULL"),
        (true, false) => {
            b.push("(");
            is_null(b, key, " IS NOT NULL");
            b.push(" OR ");
            after(b, rest);
            b.push(")");
        }
        (true, true) if rest.is_empty() => b.push("FALSE"),
        (true, true) => {
            b.push("(");
            is_null(b, key, " IS NULL");
            b.push(" AND ");
            after(b, rest);
            b.push(")");
        }
        (false, descending) => {
            let or_null = descending && key.nullable;
            if or_null {
                b.push("(");
                is_null(b, key, " IS NULL");
                b.push(" OR ");
            }
            beyond(b, key, rest);
            if or_null {
                b.push(")");
            }
        }
    }
}

/// `k >= v AND (k > v OR rest)`: the first part is where an index begins.
fn beyond(b: &mut Builder, key: &Key, rest: &[Key]) {
    let (strict, equal) = if key.descending { (" < ", " <= ") } else { (" > ", " >= ") };
    if rest.is_empty() {
        b.push(&key.text);
        b.push(strict);
        b.bind(key.value.clone(), key.kind);
        return;
    }
    b.push("(");
    b.push(&key.text);
    b.push(equal);
    let n = b.bind(key.value.clone(), key.kind);
    b.push(" AND (");
    b.push(&key.text);
    b.push(strict);
    b.placeholder(n, "");
    b.push(" OR ");
    after(b, rest);
    b.push("))");
}

fn row_value(b: &mut Builder, keys: &[Key], descending: bool) {
    b.push("(");
    for (i, key) in keys.iter().enumerate() {
        b.push(if i > 0 { ", " } else { "" });
        b.push(&key.text);
    }
    b.push(if descending { ") < (" } else { ") > (" });
    for (i, key) in keys.iter().enumerate() {
        b.push(if i > 0 { ", " } else { "" });
        b.bind(key.value.clone(), key.kind);
    }
    b.push(")");
}

fn is_null(b: &mut Builder, key: &Key, test: &str) {
    b.push(&key.text);
    b.push(test);
}
