//! Rows as cells, borrowed from the wire's own buffers.

use std::error::Error;

use kontor_store::{Cell, Cells, Expr, Select};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

/// A column as the wire gives it.
struct Raw<'a>(Cell<'a>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::INT8 => Cell::Int(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Cell::Int(i64::from(i32::from_be_bytes(raw.try_into()?))),
            Type::BOOL => Cell::Bool(raw.first().is_some_and(|b| *b != 0)),
            // The first byte is the format's version.
            Type::JSONB => Cell::Text(std::str::from_utf8(raw.get(1..).unwrap_or_default())?),
            Type::BYTEA => Cell::Bytes(raw),
            _ => Cell::Text(std::str::from_utf8(raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Cell::Null))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::INT8
                | Type::INT4
                | Type::BOOL
                | Type::TEXT
                | Type::VARCHAR
                | Type::NAME
                | Type::JSONB
                | Type::JSON
                | Type::BYTEA
        )
    }
}

/// Reads rows of one select. JSON documents come with spaces between their parts; they are written without.
pub struct Reader {
    /// Which columns are sums: text of a whole number.
    sums: Vec<bool>,
    compact: Vec<(usize, String)>,
}

/// A row under the reader.
pub struct Current<'a> {
    row: &'a Row,
    reader: &'a Reader,
}

impl Reader {
    pub fn new(select: &Select) -> Self {
        let sums = select.columns.iter().map(|column| matches!(column, Expr::Sum(_))).collect();
        Self { sums, compact: Vec::new() }
    }

    /// Puts a row under the reader.
    pub fn at<'a>(&'a mut self, row: &'a Row) -> Current<'a> {
        self.compact.clear();
        for (column, described) in row.columns().iter().enumerate() {
            if *described.type_() == Type::JSONB
                && let Cell::Text(text) = raw(row, column)
                && text.contains(": ") | text.contains(", ")
            {
                self.compact.push((column, compact(text)));
            }
        }
        Current { row, reader: self }
    }
}

fn raw(row: &Row, column: usize) -> Cell<'_> {
    row.try_get::<_, Raw<'_>>(column).map_or(Cell::Null, |raw| raw.0)
}

impl Cells for Current<'_> {
    fn cell(&self, column: usize) -> Cell<'_> {
        if let Some((_, text)) = self.reader.compact.iter().find(|(c, _)| *c == column) {
            return Cell::Text(text);
        }
        let cell = raw(self.row, column);
        match cell {
            Cell::Text(text) if self.reader.sums.get(column).is_some_and(|sum| *sum) => {
                text.parse().map_or(cell, Cell::Int)
            }
            _ => cell,
        }
    }
}

/// JSON text without the spaces outside its strings.
fn compact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(quote) = rest.find('"') {
        let (outside, string) = rest.split_at(quote);
        out.extend(outside.chars().filter(|c| *c != ' '));
        let end = string_end(string);
        let (string, after) = string.split_at(end);
        out.push_str(string);
        rest = after;
    }
    out.extend(rest.chars().filter(|c| *c != ' '));
    out
}

/// Where the string that `text` begins with ends.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (i, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return i + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn spaces_within_strings_stay() {
        let text = r#"{"a": [1, 2, "x, y: \" z, \\"], "b \\\" c": null, "": {"d": "é, 😀"}}"#;
        assert_eq!(compact(text), r#"{"a":[1,2,"x, y: \" z, \\"],"b \\\" c":null,"":{"d":"é, 😀"}}"#);
        assert_eq!(compact("[1, 2]"), "[1,2]");
        assert_eq!(compact("\"open"), "\"open");
    }
}
