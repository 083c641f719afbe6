//! Helpers of this crate's tests.

use crate::{Cell, Format, FormatError, Options, Reader, Row, RowError, Source, WriteOptions, open, writer_with};
use std::io::{self, Cursor, Write};
use std::sync::{Arc, Mutex};

/// An output that can be looked at after the writer is gone.
#[derive(Clone, Default)]
pub struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub fn write(format: Format, columns: &[&str], rows: &[Vec<Cell>]) -> Vec<u8> {
    write_with(format, columns, rows, &WriteOptions::default())
}

pub fn write_with(format: Format, columns: &[&str], rows: &[Vec<Cell>], options: &WriteOptions) -> Vec<u8> {
    let buffer = Buffer::default();
    let mut writer = writer_with(format, Box::new(buffer.clone()), options).unwrap();
    let columns: Vec<_> = columns.iter().map(|name| (*name).to_owned()).collect();
    writer.begin(&columns).unwrap();
    for row in rows {
        writer.row(row).unwrap();
    }
    writer.finish().unwrap();
    let bytes = buffer.0.lock().unwrap();
    bytes.clone()
}

pub fn reader(format: Format, bytes: &[u8], options: &Options) -> Result<Reader, FormatError> {
    let bytes = Cursor::new(bytes.to_vec());
    open(format, Source::Seek(Box::new(bytes)), options)
}

pub fn items(format: Format, bytes: &[u8]) -> Vec<Result<Row, RowError>> {
    reader(format, bytes, &Options::default()).unwrap().collect()
}

/// The cells of all rows, none of which may be refused.
pub fn cells(format: Format, bytes: &[u8]) -> Vec<Vec<Cell>> {
    let rows = items(format, bytes).into_iter();
    rows.map(|row| row.unwrap().cells.into_iter().map(|(_, cell)| cell).collect()).collect()
}

pub fn texts(format: Format, bytes: &[u8]) -> Vec<Vec<String>> {
    let rows = cells(format, bytes).into_iter();
    rows.map(|row| row.iter().map(|cell| cell.as_text().into_owned()).collect()).collect()
}

pub fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}
