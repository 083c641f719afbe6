use super::guard;
use super::sheet::Sheet;
use crate::error::{FormatError, Reason, RowError, excerpt};
use crate::reader::{Detected, ReadSeek, Rows};
use crate::row::{Cell, Row};
use crate::{Format, MAX_COLUMNS, Options, columns};
use std::io::{BufReader, SeekFrom};
use std::sync::Arc;

type Placed = Vec<(usize, Cell)>;

/// The rows of a worksheet below its header.
struct XlsxRows {
    sheet: Sheet,
    ahead: Option<(u32, u32, Cell)>,
    columns: Vec<Arc<str>>,
    max_line: usize,
    max_cell: usize,
    number: u64,
    pending: Option<(u64, Placed)>,
}

pub fn open(mut file: Box<dyn ReadSeek + Send>, options: &Options) -> Result<(Detected, Rows), FormatError> {
    guard::check(&mut file, options)?;
    file.seek(SeekFrom::Start(0))?;
    let sheet = Sheet::open(BufReader::new(file), options.sheet.as_deref())?;
    let name = sheet.name.clone();
    let mut rows = XlsxRows {
        sheet,
        ahead: None,
        columns: Vec::new(),
        max_line: options.max_line,
        max_cell: options.max_cell,
        number: 0,
        pending: None,
    };
    rows.find_columns(options.has_header)?;
    let detected = Detected {
        format: Format::Xlsx,
        delimiter: None,
        encoding: None,
        columns: rows.columns.iter().map(|name| name.to_string()).collect(),
        sheet: Some(name),
    };
    Ok((detected, Box::new(rows)))
}

impl XlsxRows {
    fn find_columns(&mut self, has_header: bool) -> Result<(), FormatError> {
        let Some((line, cells)) = self.gather()? else {
            return Ok(());
        };
        let width = cells.iter().map(|(column, _)| column + 1).max().unwrap_or(0);
        if width > MAX_COLUMNS {
            return Err(FormatError::TooManyColumns { found: width });
        }
        if !has_header {
            self.columns = columns::numbered(width)?;
            self.pending = Some((line, cells));
            return Ok(());
        }
        let mut names = vec![String::new(); width];
        for (column, cell) in cells {
            if let Some(name) = names.get_mut(column) {
                *name = cell.as_text().into_owned();
            }
        }
        self.columns = columns::distinct(names.iter().map(String::as_str))?;
        Ok(())
    }

    /// The cells of the next row that has any, with its line.
    fn gather(&mut self) -> Result<Option<(u64, Placed)>, FormatError> {
        let mut cells = Placed::new();
        let mut current = None;
        loop {
            let next = match self.ahead.take() {
                Some(cell) => Some(cell),
                None => self.sheet.next_cell()?,
            };
            let Some((row, column, cell)) = next else {
                break;
            };
            if cell.is_empty() {
                continue;
            }
            if current.is_some_and(|current| current != row) {
                self.ahead = Some((row, column, cell));
                break;
            }
            current = Some(row);
            // One more than possible is enough to refuse the row.
            if cells.len() <= MAX_COLUMNS {
                cells.push((column as usize, cell));
            }
        }
        Ok(current.map(|row| (u64::from(row) + 1, cells)))
    }

    fn row(&self, line: u64, placed: &mut Placed) -> Result<Row, Reason> {
        let size: usize = placed.iter().map(|(_, cell)| cell.as_text().len()).sum();
        if size > self.max_line {
            return Err(Reason::TooLong { limit: self.max_line });
        }
        let expected = self.columns.len();
        let found = placed.iter().map(|(column, _)| column + 1).max().unwrap_or(0);
        if found > expected {
            return Err(Reason::TooManyCells { expected, found });
        }
        for (column, cell) in placed.iter() {
            if cell.as_text().len() > self.max_cell {
                return Err(Reason::CellTooLong {
                    column: self.columns.get(*column).map_or_else(String::new, |name| name.to_string()),
                    limit: self.max_cell,
                });
            }
        }
        let mut cells: Vec<_> = self.columns.iter().map(|name| (name.clone(), Cell::Empty)).collect();
        for (column, cell) in placed.drain(..) {
            if let Some((_, place)) = cells.get_mut(column) {
                *place = cell;
            }
        }
        Ok(Row { number: self.number, line, cells })
    }
}

impl Iterator for XlsxRows {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let gathered = match self.pending.take() {
            Some(pending) => Ok(Some(pending)),
            None => self.gather(),
        };
        let (line, mut placed) = match gathered {
            Ok(found) => found?,
            Err(error) => {
                return Some(Err(RowError {
                    number: self.number + 1,
                    line: 0,
                    reason: error.into(),
                    text: String::new(),
                }));
            }
        };
        self.number += 1;
        Some(self.row(line, &mut placed).map_err(|reason| {
            let texts: Vec<_> = placed.iter().map(|(_, cell)| cell.as_text()).collect();
            RowError { number: self.number, line, reason, text: excerpt(texts.join("\t").as_bytes()) }
        }))
    }
}
