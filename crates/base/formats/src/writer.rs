use crate::csv::CsvWriter;
use crate::error::FormatError;
use crate::ndjson::NdjsonWriter;
use crate::row::Cell;
use crate::vcard::VcardWriter;
use crate::xlsx::XlsxWriter;
use crate::{Format, WriteOptions};
use std::io::Write;

pub(crate) type Output = Box<dyn Write + Send>;

/// Writes a table row by row. Call `begin` once, `row` for each record with
/// the cells in the order of the columns, then `finish`; a file that isn't
/// finished is incomplete.
pub trait RowWriter {
    /// Sets the columns and writes the header, where the format has one.
    ///
    /// # Errors
    ///
    /// When the output fails or the format can't hold the columns.
    fn begin(&mut self, columns: &[String]) -> Result<(), FormatError>;

    /// Writes one record.
    ///
    /// # Errors
    ///
    /// When the output fails or the format can't hold another row.
    fn row(&mut self, cells: &[Cell]) -> Result<(), FormatError>;

    /// Writes what is left and flushes the output.
    ///
    /// # Errors
    ///
    /// When the output fails.
    fn finish(self: Box<Self>) -> Result<(), FormatError>;
}

/// A writer with the default [`WriteOptions`].
///
/// # Errors
///
/// When the output or the temporary file of an XLSX sheet fails.
pub fn writer(format: Format, out: Output) -> Result<Box<dyn RowWriter + Send>, FormatError> {
    writer_with(format, out, &WriteOptions::default())
}

/// A writer for the format.
///
/// CSV follows RFC 4180. NDJSON has one object per line with the columns in
/// order and null for empty cells. XLSX has one sheet, which is collected in
/// a temporary file. vCard is 4.0 and takes the columns that reading vCards
/// gives; others are left out.
///
/// # Errors
///
/// When the output or the temporary file of an XLSX sheet fails.
pub fn writer_with(
    format: Format,
    out: Output,
    options: &WriteOptions,
) -> Result<Box<dyn RowWriter + Send>, FormatError> {
    Ok(match format {
        Format::Csv => Box::new(CsvWriter::new(out, options)?),
        Format::Ndjson => Box::new(NdjsonWriter::new(out)),
        Format::Xlsx => Box::new(XlsxWriter::new(out)?),
        Format::Vcard => Box::new(VcardWriter::new(out)),
    })
}
