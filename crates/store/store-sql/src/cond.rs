//! Conditions. "Not Berlin" includes "nowhere": `Ne`, `Nin` and `Not` keep rows where the field is null.

use kontor_model::{Kind, Op, Value};
use kontor_store::{Cond, Expr, Members};

use crate::builder::Builder;
use crate::sum_key;

impl Builder {
    pub fn cond(&mut self, cond: &Cond) {
        match cond {
            Cond::And(all) => self.list(all, " AND ", "TRUE"),
            Cond::Or(any) => self.list(any, " OR ", "FALSE"),
            Cond::Not(inner) => {
                self.push("NOT COALESCE(");
                self.cond(inner);
                self.push(", FALSE)");
            }
            Cond::Test { left, op, right } => self.test(left, *op, right),
            Cond::Between { left, low, high } => {
                self.expr(left);
                self.push(" BETWEEN ");
                self.value(left, low.clone());
                self.push(" AND ");
                self.value(left, high.clone());
            }
            Cond::Among { left, rows } => self.members(left, rows),
            Cond::Never => self.push("FALSE"),
        }
    }

    fn members(&mut self, left: &Expr, rows: &Members) {
        self.expr(left);
        self.push(" IN (SELECT ");
        self.depth += 1;
        self.alias(0);
        self.push(".");
        self.ident(&rows.column);
        self.push(" FROM ");
        self.relation(&rows.from.table);
        self.push(" AS ");
        self.alias(0);
        self.push(" WHERE ");
        self.alias(0);
        self.push(".\"space\" = ");
        self.bind(Value::Int(rows.space.0), Kind::Int);
        self.rows_of(0, &rows.from);
        self.push(" AND ");
        self.cond(&rows.filter);
        self.depth -= 1;
        self.push(")");
    }

    fn list(&mut self, conds: &[Cond], between: &str, none: &str) {
        if conds.is_empty() {
            self.push(none);
            return;
        }
        self.push("(");
        for (i, cond) in conds.iter().enumerate() {
            if i > 0 {
                self.push(between);
            }
            self.cond(cond);
        }
        self.push(")");
    }

    /// Binds a value that is compared with `left`.
    pub fn value(&mut self, left: &Expr, value: Value) {
        if matches!(left, Expr::Sum(_)) {
            return self.sum_value(value);
        }
        self.bind(value, left.kind());
    }

    /// Sums may be compared with whole numbers beyond 64 bits.
    fn sum_value(&mut self, value: Value) {
        let exact = match &value {
            Value::Int(n) => Some(i128::from(*n)),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        };
        match (exact, self.sqlite()) {
            (Some(n), true) if self.exact => {
                self.bind(Value::Bytes(sum_key(n).to_vec()), Kind::Bytes);
            }
            (Some(n), true) => {
                // Without exact sums every sum fits, and so does the end of the range for the comparison.
                let n = i64::try_from(n).unwrap_or(if n < 0 { i64::MIN } else { i64::MAX });
                self.bind(Value::Int(n), Kind::Int);
            }
            (Some(n), false) if i64::try_from(n).is_err() => {
                self.bind(Value::Text(n.to_string()), Kind::Text);
                self.push("::numeric");
            }
            _ => {
                self.bind(value, Kind::Int);
            }
        }
    }

    fn compare(&mut self, left: &Expr, operator: &str, right: &Value) {
        self.expr(left);
        self.push(operator);
        self.value(left, right.clone());
    }

    fn test(&mut self, left: &Expr, op: Op, right: &Value) {
        match op {
            Op::Eq => self.compare(left, " = ", right),
            Op::Ne if self.sqlite() => self.compare(left, " IS NOT ", right),
            Op::Ne => self.compare(left, " IS DISTINCT FROM ", right),
            Op::Lt => self.compare(left, " < ", right),
            Op::Lte => self.compare(left, " <= ", right),
            Op::Gt => self.compare(left, " > ", right),
            Op::Gte => self.compare(left, " >= ", right),
            Op::In => self.among(left, right),
            Op::Nin => self.not_among(left, right),
            Op::IsNull => {
                self.expr(left);
                self.push(if right.as_bool() == Some(false) { " IS NOT NULL" } else { " IS NULL" });
            }
            Op::Contains if left.kind() == Kind::Json => self.member(left, right),
            Op::Contains => self.part(left, right, "kontor_contains(", "%"),
            Op::StartsWith => self.part(left, right, "kontor_starts(", ""),
            // Has two values and a variant of its own.
            Op::Between => self.push("FALSE"),
        }
    }

    fn among(&mut self, left: &Expr, right: &Value) {
        match single(right) {
            Some(None) => self.push("FALSE"),
            Some(Some(one)) => self.compare(left, " = ", &one),
            None if self.sqlite() => {
                self.expr(left);
                self.push(" IN (SELECT value FROM json_each(");
                self.bind(json_list(right), Kind::Text);
                self.push("))");
            }
            None => {
                self.expr(left);
                self.push(" = ANY(");
                self.bind(right.clone(), left.kind());
                self.push(")");
            }
        }
    }

    fn not_among(&mut self, left: &Expr, right: &Value) {
        match single(right) {
            Some(None) => self.push("TRUE"),
            Some(Some(one)) => self.test(left, Op::Ne, &one),
            None => {
                self.push("NOT COALESCE(");
                self.among(left, right);
                self.push(", FALSE)");
            }
        }
    }

    fn member(&mut self, left: &Expr, right: &Value) {
        let kind = if matches!(right, Value::Int(_)) { Kind::Int } else { Kind::Text };
        if self.sqlite() {
            self.push("EXISTS (SELECT 1 FROM json_each(");
            self.expr(left);
            self.push(") AS j WHERE j.value = ");
            self.bind(right.clone(), kind);
            self.push(")");
        } else {
            self.expr(left);
            self.push(" @> to_jsonb(");
            self.bind(right.clone(), kind);
            self.push(")");
        }
    }

    /// Text that contains or begins with a text, without regard to case.
    fn part(&mut self, left: &Expr, right: &Value, function: &str, before: &str) {
        if left.kind() != Kind::Text {
            self.push("FALSE");
            return;
        }
        let text = right.as_str().unwrap_or_default();
        if self.sqlite() {
            self.push(function);
            self.expr(left);
            self.push(", ");
            self.bind(Value::Text(fold(text)), Kind::Text);
            self.push(")");
            return;
        }
        let mut pattern = String::with_capacity(text.len() + 2);
        pattern.push_str(before);
        for c in text.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        self.push("lower(");
        self.expr(left);
        self.push(" COLLATE \"und-x-icu\") LIKE lower(");
        self.bind(Value::Text(pattern), Kind::Text);
        self.push(" COLLATE \"und-x-icu\") ESCAPE '\\'");
    }
}

/// Text without regard to case, letter by letter, as SQLite's `kontor_contains` and `kontor_starts` compare it.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}

/// Lists of none (`Some(None)`) or one value: no list is needed, and indexes serve the order behind a single value.
fn single(list: &Value) -> Option<Option<Value>> {
    match list {
        Value::Ints(list) => match list.as_slice() {
            [] => Some(None),
            [one] => Some(Some(Value::Int(*one))),
            _ => None,
        },
        Value::Texts(list) => match list.as_slice() {
            [] => Some(None),
            [one] => Some(Some(Value::Text(one.clone()))),
            _ => None,
        },
        Value::Null => Some(None),
        other => Some(Some(other.clone())),
    }
}

/// A list as the JSON text that SQLite's `json_each` reads; whole numbers stay exact.
fn json_list(list: &Value) -> Value {
    Value::Text(match list {
        Value::Ints(list) => serde_json::to_string(list).unwrap_or_default(),
        Value::Texts(list) => serde_json::to_string(list).unwrap_or_default(),
        _ => "[]".to_owned(),
    })
}
