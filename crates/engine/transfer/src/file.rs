//! A kept file for code that blocks: readable at any position, or writable in order. Only for blocking threads.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use kontor_model::{Error, SpaceId};
use tokio::runtime::Handle;

use crate::blob::{Blob, BlobWriter, Blobs, PART};

/// Parts kept in memory: enough for the two ends of a workbook and the place of reading.
const KEPT: usize = 8;

fn io_error(error: Error) -> io::Error {
    io::Error::other(error)
}

/// An upload to be read.
pub struct BlobReader {
    blobs: Blobs,
    space: SpaceId,
    blob: Blob,
    runtime: Handle,
    position: u64,
    kept: VecDeque<(i64, Arc<[u8]>)>,
}

impl BlobReader {
    pub fn new(blobs: Blobs, space: SpaceId, blob: Blob, runtime: Handle) -> Self {
        Self { blobs, space, blob, runtime, position: 0, kept: VecDeque::with_capacity(KEPT) }
    }

    fn len(&self) -> u64 {
        u64::try_from(self.blob.bytes).unwrap_or(0)
    }

    fn part(&mut self, part: i64) -> io::Result<Arc<[u8]>> {
        if let Some((_, data)) = self.kept.iter().find(|(n, _)| *n == part) {
            return Ok(data.clone());
        }
        let found = self.runtime.block_on(self.blobs.part(self.space, self.blob.id, part)).map_err(io_error)?;
        let data: Arc<[u8]> =
            found.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "a part of the file is gone"))?.into();
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((part, data.clone()));
        Ok(data)
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.len() || buffer.is_empty() {
            return Ok(0);
        }
        let part = i64::try_from(self.position / PART as u64).map_err(io::Error::other)?;
        let at = usize::try_from(self.position % PART as u64).map_err(io::Error::other)?;
        let data = self.part(part)?;
        let from = data.get(at..).unwrap_or_default();
        let n = from.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..n), from.get(..n)) {
            to.copy_from_slice(from);
        }
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => self.len().checked_add_signed(n),
            SeekFrom::Current(n) => self.position.checked_add_signed(n),
        };
        self.position =
            position.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a seek before the beginning"))?;
        Ok(self.position)
    }
}

/// A file to be written.
pub struct BlobSink {
    writer: BlobWriter,
    runtime: Handle,
}

impl BlobSink {
    pub fn new(writer: BlobWriter, runtime: Handle) -> Self {
        Self { writer, runtime }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The database's.
    pub fn finish(self) -> Result<(), Error> {
        self.runtime.block_on(self.writer.finish()).map(drop)
    }
}

impl Write for BlobSink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.runtime.block_on(self.writer.write(data)).map_err(io_error)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A sink that a format's writer owns while its maker keeps hold of it.
#[derive(Clone)]
pub struct SharedSink(pub Arc<std::sync::Mutex<BlobSink>>);

impl Write for SharedSink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
