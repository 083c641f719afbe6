//! Rows as JSON text, written straight from the database's buffers.

use std::ops::Range;
use std::sync::Arc;

use kontor_model::{Kind, Show, Value};
use serde_json::value::RawValue;

/// One column of a row, borrowed from the database.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// Text or JSON text.
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// A row that can be read by position.
pub trait Cells {
    fn cell(&self, column: usize) -> Cell<'_>;
}

/// One member of the object that a row becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapeField {
    /// Position in the select's columns.
    pub column: usize,
    /// `"name":`
    pub key: Box<[u8]>,
    pub show: Show,
}

impl ShapeField {
    pub fn new(column: usize, name: &str, show: Show) -> Self {
        let mut key = Vec::with_capacity(name.len() + 3);
        kontor_model::show::write_string(name, &mut key);
        key.push(b':');
        Self { column, key: key.into(), show }
    }
}

/// The custom fields of a row: keys of one JSON column, renamed and shown by their types.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomShape {
    /// Position in the select's columns.
    pub column: usize,
    /// Stored key, `"name":`, how it is shown.
    pub fields: Vec<(String, Box<[u8]>, Show)>,
    /// Under `custom`, or among the record's own members.
    pub nested: bool,
}

/// How rows become JSON objects.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shape {
    /// Constant members at the front, e.g. `"object":"contact"`; may be empty.
    pub head: Box<[u8]>,
    pub fields: Vec<ShapeField>,
    pub custom: Option<CustomShape>,
    /// Columns that are also wanted as values, with their kinds: ids, versions, keys of the order, references.
    pub keep: Vec<(usize, Kind)>,
}

/// One row's place in [`Page::bytes`], and its kept values.
#[derive(Debug, Clone, PartialEq)]
pub struct PageRow {
    pub range: Range<usize>,
    pub kept: Vec<Value>,
}

/// Rows as JSON objects separated by commas.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    pub bytes: Vec<u8>,
    pub rows: Vec<PageRow>,
}

impl Page {
    /// The text of one row.
    pub fn row(&self, index: usize) -> &[u8] {
        self.rows.get(index).and_then(|row| self.bytes.get(row.range.clone())).unwrap_or_default()
    }

    /// Appends a row.
    pub fn push(&mut self, shape: &Shape, cells: &impl Cells) {
        if !self.rows.is_empty() {
            self.bytes.push(b',');
        }
        let start = self.bytes.len();
        shape.write(cells, &mut self.bytes);
        let kept = shape.keep.iter().map(|(column, kind)| value(cells.cell(*column), *kind)).collect();
        self.rows.push(PageRow { range: start..self.bytes.len(), kept });
    }
}

/// A cell as an owned value of its column's kind.
pub fn value(cell: Cell<'_>, kind: Kind) -> Value {
    match (cell, kind) {
        (Cell::Null, _) => Value::Null,
        (Cell::Bool(b), _) => Value::Bool(b),
        (Cell::Int(n), Kind::Bool) => Value::Bool(n != 0),
        (Cell::Int(n), _) => Value::Int(n),
        (Cell::Text(s), Kind::Json) => Value::Json(s.to_owned()),
        (Cell::Text(s), _) => Value::Text(s.to_owned()),
        (Cell::Bytes(b), _) => Value::Bytes(b.to_vec()),
    }
}

impl Shape {
    /// Appends one row as a JSON object.
    pub fn write(&self, cells: &impl Cells, out: &mut Vec<u8>) {
        out.push(b'{');
        out.extend_from_slice(&self.head);
        let mut first = self.head.is_empty();
        for field in &self.fields {
            separate(&mut first, out);
            out.extend_from_slice(&field.key);
            write_cell(cells.cell(field.column), field.show, out);
        }
        if let Some(custom) = &self.custom {
            let text = match cells.cell(custom.column) {
                Cell::Text(text) => text,
                _ => "{}",
            };
            if custom.nested {
                separate(&mut first, out);
                out.extend_from_slice(b"\"custom\":{");
                let mut inner = true;
                custom.write(text, &mut inner, out);
                out.push(b'}');
            } else {
                custom.write(text, &mut first, out);
            }
        }
        out.push(b'}');
    }
}

impl CustomShape {
    fn write(&self, text: &str, first: &mut bool, out: &mut Vec<u8>) {
        if self.fields.is_empty() {
            return;
        }
        let stored: std::collections::HashMap<std::borrow::Cow<'_, str>, &RawValue> =
            if text.len() <= 2 { Default::default() } else { serde_json::from_str(text).unwrap_or_default() };
        for (key, name, show) in &self.fields {
            separate(first, out);
            out.extend_from_slice(name);
            match stored.get(key.as_str()).map(|raw| raw.get()) {
                None => out.extend_from_slice(b"null"),
                Some(raw) => match raw.parse::<i64>() {
                    Ok(n) => show.write_i64(n, out),
                    Err(_) => out.extend_from_slice(raw.as_bytes()),
                },
            }
        }
    }
}

fn separate(first: &mut bool, out: &mut Vec<u8>) {
    if !std::mem::take(first) {
        out.push(b',');
    }
}

fn write_cell(cell: Cell<'_>, show: Show, out: &mut Vec<u8>) {
    match cell {
        Cell::Null | Cell::Bytes(_) => out.extend_from_slice(b"null"),
        Cell::Bool(b) => out.extend_from_slice(if b { b"true" } else { b"false" }),
        Cell::Int(n) => show.write_i64(n, out),
        Cell::Text(text) => show.write_text(text, out),
    }
}

impl Cells for Vec<Value> {
    fn cell(&self, column: usize) -> Cell<'_> {
        match self.get(column) {
            None | Some(Value::Null | Value::Ints(_) | Value::Texts(_)) => Cell::Null,
            Some(Value::Bool(b)) => Cell::Bool(*b),
            Some(Value::Int(n)) => Cell::Int(*n),
            Some(Value::Text(s) | Value::Json(s)) => Cell::Text(s),
            Some(Value::Bytes(b)) => Cell::Bytes(b),
        }
    }
}

/// A shape that many requests share.
pub type SharedShape = Arc<Shape>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_becomes_one_object() {
        let shape = Shape {
            head: b"\"object\":\"deal\"".to_vec().into(),
            fields: vec![
                ShapeField::new(0, "id", Show::Id),
                ShapeField::new(1, "amount", Show::Decimal(4)),
                ShapeField::new(2, "name", Show::Text),
            ],
            custom: Some(CustomShape {
                column: 3,
                fields: vec![
                    ("k1".into(), b"\"price\":".to_vec().into(), Show::Decimal(4)),
                    ("k2".into(), b"\"fuel\":".to_vec().into(), Show::Text),
                    ("k3".into(), b"\"gone\":".to_vec().into(), Show::Int),
                ],
                nested: true,
            }),
            keep: vec![(0, Kind::Int)],
        };
        let row = vec![
            Value::Int(5),
            Value::Int(1_999_900),
            Value::Null,
            Value::Json(r#"{"k2":"die\"sel","k1":25000,"old":1}"#.into()),
        ];
        let mut page = Page::default();
        page.push(&shape, &row);
        page.push(&shape, &row);
        let text = r#"{"object":"deal","id":"5","amount":"199.99","name":null,"custom":{"price":"2.5","fuel":"die\"sel","gone":null}}"#;
        assert_eq!(std::str::from_utf8(page.row(0)).unwrap(), text);
        assert_eq!(std::str::from_utf8(&page.bytes).unwrap(), format!("{text},{text}"));
        assert_eq!(page.rows[1].kept, vec![Value::Int(5)]);
    }
}
