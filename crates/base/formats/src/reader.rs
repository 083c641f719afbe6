use crate::error::{FormatError, RowError};
use crate::row::Row;
use crate::{Format, Options, csv, ndjson, text::TextSource, vcard, xlsx};
use std::io::{Read, Seek};

/// A source that can be read from any position.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// Where the bytes of a file come from.
pub enum Source {
    /// Bytes in order, for every format but XLSX.
    Stream(Box<dyn Read + Send>),
    /// A file or buffer, for every format.
    Seek(Box<dyn ReadSeek + Send>),
}

impl Source {
    fn into_stream(self) -> Box<dyn Read + Send> {
        match self {
            Self::Stream(stream) => stream,
            Self::Seek(file) => Box::new(file),
        }
    }
}

/// What was guessed or found at the start of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// The format the file was opened as.
    pub format: Format,
    /// The separator of CSV cells.
    pub delimiter: Option<char>,
    /// The WHATWG name of the encoding of a text format.
    pub encoding: Option<String>,
    /// Distinct column names. NDJSON: the member names within the first
    /// 64 KiB; later rows may have others. vCard: the columns a card may
    /// have, without the numbered repetitions.
    pub columns: Vec<String>,
    /// The name of the XLSX sheet.
    pub sheet: Option<String>,
}

pub(crate) type Rows = Box<dyn Iterator<Item = Result<Row, RowError>> + Send>;

/// The records of an open file. After an error with
/// [`RowError::is_fatal`] the iteration ends.
pub struct Reader {
    detected: Detected,
    rows: Rows,
    ended: bool,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Reader").field("detected", &self.detected).finish_non_exhaustive()
    }
}

impl Reader {
    /// What was guessed or found at the start of the file.
    pub const fn detected(&self) -> &Detected {
        &self.detected
    }
}

impl Iterator for Reader {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.rows.next();
        self.ended = match &item {
            None => true,
            Some(Err(error)) => error.is_fatal(),
            Some(Ok(_)) => false,
        };
        item
    }
}

/// Opens a file and reads as much of it as guessing needs: its header row,
/// or the first 64 KiB of a text format.
///
/// # Errors
///
/// When the file as a whole can't be read in this format.
pub fn open(format: Format, source: Source, options: &Options) -> Result<Reader, FormatError> {
    let (detected, rows) = match (format, source) {
        (Format::Xlsx, Source::Stream(_)) => return Err(FormatError::NeedsSeek),
        (Format::Xlsx, Source::Seek(file)) => xlsx::open(file, options)?,
        (_, source) => {
            let text = TextSource::new(source.into_stream(), options.encoding.as_deref())?;
            match format {
                Format::Ndjson => ndjson::open(text, options)?,
                Format::Vcard => vcard::open(text, options)?,
                Format::Csv | Format::Xlsx => csv::open(text, options)?,
            }
        }
    };
    Ok(Reader { detected, rows, ended: false })
}
