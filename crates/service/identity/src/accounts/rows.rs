//! Rows of the tables of logins, read and written by name.

use kontor_model::{Kind, Value};
use kontor_store::system::INSTALLATION;
use kontor_store::{ColumnRef, Expr, Select, Set, Write};

/// A table's columns as they are read.
pub type Columns = [(&'static str, Kind)];

/// A question for these columns of an installation-wide table.
pub fn select(table: &'static str, columns: &Columns) -> Select {
    let columns: Vec<Expr> = columns.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
    Select::new(INSTALLATION, table, columns)
}

/// Takes a row's values in their order.
pub struct Row(std::vec::IntoIter<Value>);

impl Row {
    pub fn new(row: Vec<Value>) -> Self {
        Self(row.into_iter())
    }

    fn take(&mut self) -> Value {
        self.0.next().unwrap_or_default()
    }

    pub fn optional_int(&mut self) -> Option<i64> {
        self.take().as_i64()
    }

    pub fn int(&mut self) -> i64 {
        self.optional_int().unwrap_or_default()
    }

    pub fn optional_text(&mut self) -> Option<String> {
        match self.take() {
            Value::Text(text) | Value::Json(text) => Some(text),
            _ => None,
        }
    }

    pub fn text(&mut self) -> String {
        self.optional_text().unwrap_or_default()
    }

    /// A JSON list of texts.
    pub fn texts(&mut self) -> Vec<String> {
        self.optional_text().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }
}

/// A JSON list of texts as a value.
pub fn list(texts: &[String]) -> Value {
    Value::Json(serde_json::json!(texts).to_string())
}

/// A column with the value that it has or gets.
pub type Cell = (&'static str, Kind, Value);

pub fn int(name: &'static str, value: impl Into<Value>) -> Cell {
    (name, Kind::Int, value.into())
}

pub fn text(name: &'static str, value: impl Into<Value>) -> Cell {
    (name, Kind::Text, value.into())
}

/// An update of the rows with these keys; with `must`, none found fails the batch.
pub fn update(table: &'static str, keys: Vec<Cell>, set: Vec<Cell>, must: bool) -> Write {
    let set = set.into_iter().map(|(name, kind, value)| (ColumnRef::new(name, kind), Set::To(value))).collect();
    Write::Update { table: table.into(), keys: columns(keys), set, must, search: None }
}

/// Deletes the rows with these keys.
pub fn delete(table: &'static str, keys: Vec<Cell>, must: bool) -> Write {
    Write::Delete { table: table.into(), keys: columns(keys), must, search: false }
}

fn columns(cells: Vec<Cell>) -> Vec<(ColumnRef, Value)> {
    cells.into_iter().map(|(name, kind, value)| (ColumnRef::new(name, kind), value)).collect()
}
