use std::io;

/// Why a file as a whole can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// Reading or writing failed.
    #[error("input/output error: {0}")]
    Io(#[from] io::Error),
    /// The first 64 KiB hold NUL bytes or more than 30 % control characters.
    #[error("the file is not text")]
    NotText,
    /// The label is not one of the WHATWG Encoding Standard.
    #[error("unknown encoding {0:?}")]
    UnknownEncoding(String),
    /// An XLSX file was given as a stream.
    #[error("an XLSX file is read from its end and needs a seekable source")]
    NeedsSeek,
    /// A limit that protects memory or disk was passed.
    #[error("too large: {0}")]
    TooLarge(String),
    /// The file doesn't have the structure of its format.
    #[error("the file is broken: {0}")]
    Broken(String),
    /// The workbook has no sheet of that name.
    #[error("no sheet {name:?}; the workbook has {present:?}")]
    NoSheet {
        /// The name asked for; empty when the first sheet was meant.
        name: String,
        /// The names of all its sheets.
        present: Vec<String>,
    },
    /// More than [`MAX_COLUMNS`](crate::MAX_COLUMNS) columns.
    #[error("{found} columns; at most {limit} are possible", limit = crate::MAX_COLUMNS)]
    TooManyColumns {
        /// The number of columns found.
        found: usize,
    },
    /// Delimiter and quote must differ and be neither CR nor LF nor non-ASCII.
    #[error("unusable delimiter or quote character")]
    Delimiter,
}

/// Why one record was refused.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// The record is longer than `max_line`.
    #[error("the record is longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// A cell is longer than `max_cell`.
    #[error("the cell of column {column:?} is longer than {limit} bytes")]
    CellTooLong {
        /// The column of the cell.
        column: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The record has more cells than the table has columns.
    #[error("{found} cells for {expected} columns")]
    TooManyCells {
        /// The number of columns.
        expected: usize,
        /// The number of cells.
        found: usize,
    },
    /// A quoted cell runs to the end of the file.
    #[error("a quoted cell is not closed before the end of the file")]
    UnclosedQuote,
    /// The bytes are not in the encoding of the file.
    #[error("the record is not valid {0}; name the encoding of the file")]
    Encoding(String),
    /// The line is not JSON.
    #[error("not JSON: {0}")]
    Json(String),
    /// The line is JSON, but no object.
    #[error("not a JSON object")]
    NotAnObject,
    /// The record is no valid vCard.
    #[error("not a vCard: {0}")]
    Card(String),
    /// The file is broken from here on; no further record follows.
    #[error(transparent)]
    File(#[from] FormatError),
}

/// A record that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("record {number}, line {line}: {reason}")]
pub struct RowError {
    /// The record's ordinal, from 1.
    pub number: u64,
    /// The physical line or sheet row it starts on, from 1.
    pub line: u64,
    /// What is wrong with it.
    #[source]
    pub reason: Reason,
    /// The record's own text, cut at 4 KiB with a mark.
    pub text: String,
}

impl RowError {
    /// Whether the iteration ends with this error.
    pub const fn is_fatal(&self) -> bool {
        matches!(self.reason, Reason::File(_))
    }
}

/// The most bytes of a refused record that are kept.
pub(crate) const KEPT: usize = 4096;

/// The start of a refused record as text, marked where it was cut.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    let Some(head) = bytes.get(..KEPT).filter(|_| bytes.len() > KEPT) else {
        return String::from_utf8_lossy(bytes).into_owned();
    };
    let whole = match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => KEPT,
    };
    let head = head.get(..whole).unwrap_or_default();
    format!("{} […]", String::from_utf8_lossy(head))
}

/// Appends to a buffer that holds just enough for [`excerpt`] to see a cut.
pub(crate) fn keep(kept: &mut Vec<u8>, bytes: &[u8]) {
    let room = (KEPT + 1).saturating_sub(kept.len()).min(bytes.len());
    kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
}
