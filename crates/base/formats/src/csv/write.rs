use super::guard::guarded;
use crate::WriteOptions;
use crate::error::FormatError;
use crate::row::Cell;
use crate::writer::{Output, RowWriter};
use ::csv::{Terminator, Writer, WriterBuilder};
use std::borrow::Cow;
use std::io::Write;

/// Writes RFC 4180 records: UTF-8, CRLF, quotes where needed.
pub struct CsvWriter {
    out: Writer<Output>,
    guard: bool,
}

impl CsvWriter {
    pub fn new(mut out: Output, options: &WriteOptions) -> Result<Self, FormatError> {
        if options.byte_order_mark {
            out.write_all("\u{feff}".as_bytes())?;
        }
        Ok(Self {
            out: WriterBuilder::new()
                .delimiter(options.delimiter)
                .terminator(Terminator::CRLF)
                .flexible(true)
                .from_writer(out),
            guard: options.guard_formulas,
        })
    }

    fn record<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) -> Result<(), FormatError> {
        for cell in cells {
            let cell = if self.guard { guarded(&cell) } else { Cow::Borrowed(&*cell) };
            self.out.write_field(cell.as_bytes()).map_err(io_error)?;
        }
        self.out.write_record(None::<&[u8]>).map_err(io_error)
    }
}

impl RowWriter for CsvWriter {
    fn begin(&mut self, columns: &[String]) -> Result<(), FormatError> {
        self.record(columns.iter().map(|name| name.as_str().into()))
    }

    fn row(&mut self, cells: &[Cell]) -> Result<(), FormatError> {
        self.record(cells.iter().map(Cell::as_text))
    }

    fn finish(mut self: Box<Self>) -> Result<(), FormatError> {
        Ok(self.out.flush()?)
    }
}

fn io_error(error: ::csv::Error) -> FormatError {
    FormatError::Io(error.into())
}
