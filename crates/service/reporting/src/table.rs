//! A report's result: named columns and rows, as JSON, CSV or a spreadsheet.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use kontor_formats::{Cell, Format, writer};
use kontor_model::{Error, Result};
use serde_json::{Map, Value as J, json};

/// Values are texts, numbers or null; amounts are texts of decimals.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<J>>,
    /// Whether it was read from counters.
    pub live: bool,
}

impl Table {
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new(), live: false }
    }

    /// Rows that are objects, in the order of the columns.
    pub fn of(columns: Vec<String>, rows: &[Map<String, J>]) -> Self {
        let row =
            |row: &Map<String, J>| columns.iter().map(|name| row.get(name).cloned().unwrap_or_default()).collect();
        let rows = rows.iter().map(row).collect();
        Self { columns, rows, live: false }
    }

    /// `{"columns": ["stage.kind", …], "rows": [{"stage.kind": …}, …], "live": false}`
    pub fn json(&self) -> J {
        let row = |row: &Vec<J>| J::Object(self.columns.iter().cloned().zip(row.iter().cloned()).collect());
        json!({"columns": self.columns, "rows": self.rows.iter().map(row).collect::<Vec<_>>(), "live": self.live})
    }

    /// The table as a file.
    ///
    /// # Errors
    /// 500000 when the format cannot hold it.
    pub fn file(&self, format: Format) -> Result<Vec<u8>> {
        let sink = Sink::default();
        let mut out = writer(format, Box::new(sink.clone())).map_err(Error::internal)?;
        out.begin(&self.columns).map_err(Error::internal)?;
        for row in &self.rows {
            let cells: Vec<Cell> = row.iter().map(cell).collect();
            out.row(&cells).map_err(Error::internal)?;
        }
        out.finish().map_err(Error::internal)?;
        Ok(sink.taken())
    }
}

/// A value as a person reads it; empty for none.
pub fn plain(value: &J) -> String {
    match value {
        J::Null => String::new(),
        J::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn cell(value: &J) -> Cell {
    match value {
        J::Null => Cell::Empty,
        J::Number(number) => Cell::Number(number.to_string()),
        other => Cell::Text(plain(other)),
    }
}

/// Collects what a writer writes.
#[derive(Debug, Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn taken(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_json_and_csv() {
        let mut table = Table::new(["stage", "n", "total"]);
        table.rows.push(vec![json!("Won, at last"), json!(3), json!("10.50")]);
        table.rows.push(vec![J::Null, json!(0), J::Null]);
        assert_eq!(table.json()["rows"][0]["total"], "10.50");
        let csv = String::from_utf8(table.file(Format::Csv).unwrap()).unwrap();
        assert_eq!(csv.lines().collect::<Vec<_>>(), ["stage,n,total", "\"Won, at last\",3,10.50", ",0,"]);
        assert!(table.file(Format::Xlsx).unwrap().starts_with(b"PK"));
    }
}
