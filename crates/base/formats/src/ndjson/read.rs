use super::object::members;
use crate::error::{FormatError, Reason, RowError, excerpt};
use crate::lines::Lines;
use crate::reader::{Detected, Rows};
use crate::row::Row;
use crate::text::{HEAD, TextSource};
use crate::{Format, MAX_COLUMNS, Options};
use std::collections::HashSet;
use std::io::BufRead;
use std::sync::Arc;

/// The most names that are shared between rows.
const SHARED_NAMES: usize = 1024;

struct NdjsonRows {
    lines: Lines,
    names: HashSet<Arc<str>>,
    max_line: usize,
    max_cell: usize,
    number: u64,
}

pub fn open(mut source: TextSource, options: &Options) -> Result<(Detected, Rows), FormatError> {
    let encoding = source.encoding().name().to_owned();
    let detected = Detected {
        format: Format::Ndjson,
        delimiter: None,
        encoding: Some(encoding),
        columns: columns(source.fill_buf()?),
        sheet: None,
    };
    let rows = NdjsonRows {
        lines: Lines::new(source, options.max_line),
        names: HashSet::new(),
        max_line: options.max_line,
        max_cell: options.max_cell,
        number: 0,
    };
    Ok((detected, Box::new(rows)))
}

/// The member names of the lines of a sample, in order.
fn columns(sample: &[u8]) -> Vec<String> {
    let whole = match sample.iter().rposition(|&byte| byte == b'\n') {
        Some(end) if sample.len() >= HEAD => sample.get(..end).unwrap_or_default(),
        _ => sample,
    };
    let mut seen = HashSet::new();
    let mut columns = Vec::new();
    for line in whole.split(|&byte| byte == b'\n') {
        let found = std::str::from_utf8(line).ok().map(members);
        for (name, _) in found.into_iter().flatten().flatten() {
            if columns.len() < MAX_COLUMNS && seen.insert(name.clone()) {
                columns.push(name);
            }
        }
    }
    columns
}

impl NdjsonRows {
    fn share(&mut self, name: String) -> Arc<str> {
        if let Some(shared) = self.names.get(name.as_str()) {
            return shared.clone();
        }
        let name: Arc<str> = name.into();
        if self.names.len() < SHARED_NAMES {
            self.names.insert(name.clone());
        }
        name
    }

    fn row(&mut self) -> Result<Row, Reason> {
        if self.lines.too_long {
            return Err(Reason::TooLong { limit: self.max_line });
        }
        let text = std::str::from_utf8(&self.lines.text).map_err(|_| Reason::Encoding("UTF-8".to_owned()))?.trim();
        if matches!(text.as_bytes().first(), Some(first) if *first != b'{')
            && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
        {
            return Err(Reason::NotAnObject);
        }
        let members = members(text).map_err(|error| Reason::Json(error.to_string()))?;
        let mut cells = Vec::with_capacity(members.len());
        for (name, cell) in members {
            if cell.as_text().len() > self.max_cell {
                return Err(Reason::CellTooLong { column: name, limit: self.max_cell });
            }
            cells.push((self.share(name), cell));
        }
        Ok(Row { number: self.number, line: self.lines.number, cells })
    }

    fn error(&self, reason: Reason) -> RowError {
        RowError { number: self.number, line: self.lines.number, reason, text: excerpt(&self.lines.text) }
    }
}

impl Iterator for NdjsonRows {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.lines.advance() {
                Ok(false) => return None,
                Ok(true) if self.lines.text.trim_ascii().is_empty() && !self.lines.too_long => {}
                Ok(true) => break,
                Err(error) => {
                    self.number += 1;
                    return Some(Err(self.error(FormatError::Io(error).into())));
                }
            }
        }
        self.number += 1;
        Some(self.row().map_err(|reason| self.error(reason)))
    }
}
