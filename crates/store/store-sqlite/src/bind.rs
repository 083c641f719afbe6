//! Values into statements, rows out of them.

use kontor_model::Value;
use kontor_store::{Cell, Cells};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Result, Row, Statement};

/// Binds parameter `n` (1 is the first).
pub(crate) fn bind(statement: &mut Statement<'_>, n: usize, value: &Value) -> Result<()> {
    let value = match value {
        // Lists are JSON text by now; none reaches a column.
        Value::Null | Value::Ints(_) | Value::Texts(_) => ValueRef::Null,
        Value::Bool(b) => ValueRef::Integer(i64::from(*b)),
        Value::Int(n) => ValueRef::Integer(*n),
        Value::Text(text) | Value::Json(text) => ValueRef::Text(text.as_bytes()),
        Value::Bytes(bytes) => ValueRef::Blob(bytes),
    };
    statement.raw_bind_parameter(n, ToSqlOutput::Borrowed(value))
}

/// A row as the shape reads it, without a copy.
pub(crate) struct RowCells<'a, 'stmt>(pub &'a Row<'stmt>);

impl Cells for RowCells<'_, '_> {
    fn cell(&self, column: usize) -> Cell<'_> {
        match self.0.get_ref(column) {
            Ok(ValueRef::Integer(n)) => Cell::Int(n),
            Ok(ValueRef::Text(text)) => std::str::from_utf8(text).map_or(Cell::Null, Cell::Text),
            Ok(ValueRef::Blob(bytes)) => Cell::Bytes(bytes),
            Ok(ValueRef::Null | ValueRef::Real(_)) | Err(_) => Cell::Null,
        }
    }
}
