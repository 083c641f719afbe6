//! Records of a set of changes, each as it was before the set and as it is after it.

use kontor_model::{Id, Value};
use kontor_records::Touched;

/// One record, however often the set touches it.
pub(crate) struct Row<'a> {
    /// The last step that touches it.
    pub step: usize,
    pub id: Id,
    first: &'a Touched<'a>,
    last: &'a Touched<'a>,
}

impl<'a> Row<'a> {
    /// The records that are there after the changes, in order; those that only come back from the bin are as they were.
    pub fn of(touched: &'a [Touched<'a>]) -> Vec<Self> {
        let mut rows: Vec<Self> = Vec::with_capacity(touched.len());
        for one in touched {
            match rows.iter_mut().find(|row| row.id == one.id) {
                Some(row) => (row.step, row.last) = (one.step, one),
                None => rows.push(Self { step: one.step, id: one.id, first: one, last: one }),
            }
        }
        rows.retain(|row| !row.last.is_gone() && (row.first.before.is_some() || row.is_made()));
        rows
    }

    /// Whether the set makes it.
    pub fn is_made(&self) -> bool {
        self.first.is_new() && self.first.value("version").as_i64() == Some(1)
    }

    pub fn before(&self, path: &str) -> &'a Value {
        if self.is_made() { &Value::Null } else { self.first.field(path).0 }
    }

    pub fn now(&self, path: &str) -> &'a Value {
        self.last.field(path).1
    }

    pub fn int(&self, path: &str) -> Option<i64> {
        self.now(path).as_i64()
    }

    /// A text; empty when there is none.
    pub fn text(&self, path: &str) -> &'a str {
        self.now(path).as_str().unwrap_or_default()
    }

    pub fn changes(&self, path: &str) -> bool {
        self.is_made() || self.before(path) != self.now(path)
    }
}
