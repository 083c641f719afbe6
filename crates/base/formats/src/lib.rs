//! Tables in and out of files: CSV, NDJSON, XLSX and vCard.
//!
//! Everything is synchronous and knows nothing of what the columns mean.
//! Readers and writers hold one record at a time, so memory does not grow
//! with the number of rows; the one exception is the table of shared strings
//! of an XLSX file, which has to be resident while its sheet is read.
//!
//! ```
//! use kontor_formats::{Format, Options, Source, open};
//!
//! let file: &[u8] = b"name;city\nAda;London\n";
//! let reader = open(Format::Csv, Source::Stream(Box::new(file)), &Options::default())?;
//! assert_eq!(reader.detected().delimiter, Some(';'));
//! for row in reader {
//!     let row = row?;
//!     assert_eq!(row.get("city").map(|cell| cell.as_text()).as_deref(), Some("London"));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod columns;
mod csv;
mod error;
mod format;
pub mod fuzz;
mod lines;
mod ndjson;
mod options;
mod reader;
mod row;
#[cfg(test)]
mod testing;
mod text;
mod vcard;
mod writer;
mod xlsx;

pub use error::{FormatError, Reason, RowError};
pub use format::Format;
pub use options::{Options, WriteOptions};
pub use reader::{Detected, ReadSeek, Reader, Source, open};
pub use row::{Cell, Row};
pub use writer::{RowWriter, writer, writer_with};

/// The most columns a table may have: the width of an XLSX sheet
/// (ECMA-376 part 1, 18.3.1.73).
pub const MAX_COLUMNS: usize = 16_384;
