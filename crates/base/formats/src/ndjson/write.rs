use crate::error::FormatError;
use crate::row::Cell;
use crate::writer::{Output, RowWriter};
use serde_json::value::RawValue;
use std::io::{BufWriter, Write};

/// Writes one JSON object per line.
pub struct NdjsonWriter {
    out: BufWriter<Output>,
    names: Vec<String>,
}

impl NdjsonWriter {
    pub fn new(out: Output) -> Self {
        Self { out: BufWriter::new(out), names: Vec::new() }
    }

    fn text(&mut self, text: &str) -> Result<(), FormatError> {
        serde_json::to_writer(&mut self.out, text).map_err(|error| FormatError::Io(error.into()))
    }

    /// Writes raw JSON on one line, or the text as a string if it isn't JSON.
    fn raw(&mut self, text: &str, valid: bool) -> Result<(), FormatError> {
        if !valid {
            return self.text(text);
        }
        // Within JSON, line breaks can only stand between tokens.
        let line = text.replace(['\n', '\r'], " ");
        Ok(self.out.write_all(line.as_bytes())?)
    }
}

impl RowWriter for NdjsonWriter {
    fn begin(&mut self, columns: &[String]) -> Result<(), FormatError> {
        self.names = columns
            .iter()
            .map(serde_json::to_string)
            .collect::<Result<_, _>>()
            .map_err(|error| FormatError::Io(error.into()))?;
        Ok(())
    }

    fn row(&mut self, cells: &[Cell]) -> Result<(), FormatError> {
        let names = std::mem::take(&mut self.names);
        let mut lead = b"{".as_slice();
        for (name, cell) in names.iter().zip(cells) {
            self.out.write_all(lead)?;
            lead = b",";
            self.out.write_all(name.as_bytes())?;
            self.out.write_all(b":")?;
            match cell {
                Cell::Empty => self.out.write_all(b"null")?,
                Cell::Bool(_) => self.out.write_all(cell.as_text().as_bytes())?,
                Cell::Text(text) | Cell::Date(text) => self.text(text)?,
                Cell::Number(text) => self.raw(text, is_json_number(text))?,
                Cell::Json(text) => {
                    self.raw(text, serde_json::from_str::<&RawValue>(text).is_ok())?;
                }
            }
        }
        if names.is_empty() || cells.is_empty() {
            self.out.write_all(b"{")?;
        }
        self.names = names;
        Ok(self.out.write_all(b"}\n")?)
    }

    fn finish(mut self: Box<Self>) -> Result<(), FormatError> {
        Ok(self.out.flush()?)
    }
}

/// Whether the text is a number of RFC 8259, section 6.
fn is_json_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && text.trim() == text
        && serde_json::from_str::<&RawValue>(text).is_ok()
}
