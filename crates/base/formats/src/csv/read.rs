use super::guard::unguarded;
use super::guess;
use super::record::Records;
use crate::error::{FormatError, Reason, RowError, excerpt};
use crate::reader::{Detected, Rows};
use crate::row::{Cell, Row};
use crate::text::{HEAD, TextSource};
use crate::{Format, Options, columns};
use std::io::BufRead;
use std::sync::Arc;

/// The rows of a CSV text below its header.
struct CsvRows {
    records: Records,
    columns: Vec<Arc<str>>,
    encoding: &'static str,
    max_cell: usize,
    unguard: bool,
    number: u64,
    pending: bool,
}

pub fn open(mut source: TextSource, options: &Options) -> Result<(Detected, Rows), FormatError> {
    let quote = options.quote;
    let encoding = source.encoding().name();
    let delimiter = match options.delimiter {
        Some(delimiter) => delimiter,
        None => {
            let sample = source.fill_buf()?;
            guess::delimiter(sample, quote, sample.len() < HEAD)
        }
    };
    let usable = |byte: u8| byte.is_ascii() && !matches!(byte, b'\r' | b'\n' | 0);
    if !usable(delimiter) || !usable(quote) || delimiter == quote {
        return Err(FormatError::Delimiter);
    }
    let mut rows = CsvRows {
        records: Records::new(source, delimiter, quote, options.max_line),
        columns: Vec::new(),
        encoding,
        max_cell: options.max_cell,
        unguard: options.unguard_formulas,
        number: 0,
        pending: false,
    };
    rows.find_columns(options.has_header)?;
    let detected = Detected {
        format: Format::Csv,
        delimiter: Some(char::from(delimiter)),
        encoding: Some(encoding.to_owned()),
        columns: rows.columns.iter().map(|name| name.to_string()).collect(),
        sheet: None,
    };
    Ok((detected, Box::new(rows)))
}

impl CsvRows {
    fn find_columns(&mut self, has_header: bool) -> Result<(), FormatError> {
        let in_header = |reason| match reason {
            Reason::File(error) => error,
            other => FormatError::Broken(format!("first row: {other}")),
        };
        if !self.records.advance().map_err(in_header)? {
            return Ok(());
        }
        let width = self.records.width;
        if width > crate::MAX_COLUMNS {
            return Err(FormatError::TooManyColumns { found: width });
        }
        if has_header {
            let names = (0..width)
                .map(|index| std::str::from_utf8(self.records.cell(index)))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|_| in_header(Reason::Encoding(self.encoding.to_owned())))?;
            self.columns = columns::distinct(names.into_iter())?;
        } else {
            self.columns = columns::numbered(width)?;
            self.pending = true;
        }
        Ok(())
    }

    fn row(&self) -> Result<Row, Reason> {
        let (width, expected) = (self.records.width, self.columns.len());
        // Trailing delimiters are common and harmless.
        let known = width.min(crate::MAX_COLUMNS);
        if width > known || (expected..known).any(|index| !self.records.cell(index).is_empty()) {
            return Err(Reason::TooManyCells { expected, found: width });
        }
        let mut cells = Vec::with_capacity(expected);
        for (index, column) in self.columns.iter().enumerate() {
            let cell = if index < width { self.cell(index, column)? } else { Cell::Empty };
            cells.push((column.clone(), cell));
        }
        Ok(Row { number: self.number, line: self.records.line, cells })
    }

    fn cell(&self, index: usize, column: &str) -> Result<Cell, Reason> {
        let text =
            std::str::from_utf8(self.records.cell(index)).map_err(|_| Reason::Encoding(self.encoding.to_owned()))?;
        if text.len() > self.max_cell {
            return Err(Reason::CellTooLong { column: column.to_owned(), limit: self.max_cell });
        }
        Ok(Cell::text(if self.unguard { unguarded(text) } else { text }))
    }
}

impl Iterator for CsvRows {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let advanced = match std::mem::take(&mut self.pending) {
            true => Ok(true),
            false => self.records.advance(),
        };
        if matches!(advanced, Ok(false)) {
            return None;
        }
        self.number += 1;
        Some(advanced.and_then(|_| self.row()).map_err(|reason| RowError {
            number: self.number,
            line: self.records.line,
            reason,
            text: excerpt(self.records.kept.trim_ascii_end()),
        }))
    }
}
