//! The rows of a kept file, read by a thread that may block and handed over in chunks.

use kontor_formats::{Detected, Format, FormatError, Reason, Row, RowError, Source, open};
use kontor_model::{Error, ErrorCode, Fault, Result, SpaceId};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::blob::{Blob, Blobs};
use crate::file::BlobReader;

/// Rows of a chunk: what is committed together.
pub const CHUNK: usize = 500;
/// A chunk ends before that many bytes of cells.
const CHUNK_BYTES: usize = 4 << 20;

/// A file with how to read it.
#[derive(Clone)]
pub struct Rows {
    pub blobs: Blobs,
    pub space: SpaceId,
    pub blob: Blob,
    pub format: Format,
    pub options: kontor_formats::Options,
}

pub type Item = Result<Row, RowError>;

/// What a broken file is to the caller.
pub fn error_of(error: FormatError) -> Error {
    match error {
        FormatError::Io(io) if io.kind() == std::io::ErrorKind::Other => match io.downcast::<Error>() {
            Ok(error) => error,
            Err(io) => Error::new(ErrorCode::Unavailable, "the file could not be read just now").with_internal(io),
        },
        FormatError::UnknownEncoding(_) => Fault::new("options.encoding", "not_allowed", error.to_string()).into(),
        FormatError::NoSheet { .. } => Fault::new("options.sheet", "not_found", error.to_string()).into(),
        FormatError::Delimiter => Fault::new("options.delimiter", "not_allowed", error.to_string()).into(),
        FormatError::TooLarge(_) => Error::new(ErrorCode::TooLarge, format!("file: {error}")),
        other => Fault::new("file", "format", other.to_string()).into(),
    }
}

/// The error behind a row that ends the file.
pub fn fatal(error: RowError) -> Error {
    let number = error.number;
    match error.reason {
        Reason::File(FormatError::Io(io)) => error_of(FormatError::Io(io)),
        reason => Fault::new("file", "format", format!("is broken at record {number}: {reason}")).into(),
    }
}

impl Rows {
    fn open(&self, runtime: Handle) -> Result<kontor_formats::Reader> {
        let file = BlobReader::new(self.blobs.clone(), self.space, self.blob.clone(), runtime);
        open(self.format, Source::Seek(Box::new(file)), &self.options).map_err(error_of)
    }

    /// What the beginning of the file says.
    ///
    /// # Errors
    /// The file cannot be read in this format.
    pub async fn detect(&self) -> Result<Detected> {
        let (rows, runtime) = (self.clone(), Handle::current());
        tokio::task::spawn_blocking(move || Ok(rows.open(runtime)?.detected().clone()))
            .await
            .map_err(Error::internal)?
    }

    /// The number of records, refused ones included.
    ///
    /// # Errors
    /// As [`Rows::detect`].
    pub async fn count(&self) -> Result<i64> {
        let (rows, runtime) = (self.clone(), Handle::current());
        let count = move || Ok(i64::try_from(rows.open(runtime)?.count()).unwrap_or(i64::MAX));
        tokio::task::spawn_blocking(count).await.map_err(Error::internal)?
    }

    /// The records behind number `behind`, in chunks; at most two wait. Ends when the receiver does.
    pub fn stream(&self, behind: u64) -> mpsc::Receiver<Result<Vec<Item>>> {
        let (sender, receiver) = mpsc::channel(2);
        let (rows, runtime) = (self.clone(), Handle::current());
        tokio::task::spawn_blocking(move || {
            let reader = match rows.open(runtime) {
                Ok(reader) => reader,
                Err(error) => return drop(sender.blocking_send(Err(error))),
            };
            let mut chunk: Vec<Item> = Vec::with_capacity(CHUNK);
            let mut bytes = 0;
            for item in reader {
                let number = item.as_ref().map_or_else(|e| e.number, |r| r.number);
                if number <= behind && !matches!(&item, Err(e) if e.is_fatal()) {
                    continue;
                }
                bytes += item
                    .as_ref()
                    .map_or_else(|e| e.text.len(), |r| r.cells.iter().map(|(_, c)| c.as_text().len()).sum());
                chunk.push(item);
                if chunk.len() >= CHUNK || bytes >= CHUNK_BYTES {
                    bytes = 0;
                    if sender.blocking_send(Ok(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK)))).is_err() {
                        return;
                    }
                }
            }
            if !chunk.is_empty() {
                sender.blocking_send(Ok(chunk)).ok();
            }
        });
        receiver
    }
}
