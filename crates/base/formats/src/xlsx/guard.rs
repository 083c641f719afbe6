//! Checks a workbook's ZIP container before anything of it is parsed.

use crate::Options;
use crate::error::FormatError;
use std::io::{BufReader, Read, Seek};
use zip::ZipArchive;
use zip::result::ZipError;

/// The most entries a workbook may have.
const MAX_ENTRIES: usize = 10_000;

/// Entries up to this size may have any compression ratio.
const FREE_SIZE: u64 = 10 * 1024 * 1024;

/// The highest ratio of unpacked to packed bytes of a larger entry.
const MAX_RATIO: u64 = 200;

/// Unpacks every entry without keeping it, and compares with what the
/// directory declares. Memory stays at one buffer.
///
/// # Errors
///
/// `TooLarge` for what would exhaust memory, `Broken` for damaged containers
/// and entries that unpack to another size than declared.
pub fn check(source: impl Read + Seek, options: &Options) -> Result<(), FormatError> {
    let mut archive = ZipArchive::new(BufReader::new(source)).map_err(broken)?;
    if archive.len() > MAX_ENTRIES {
        let count = archive.len();
        return Err(FormatError::TooLarge(format!("{count} entries in the ZIP")));
    }
    let mut declared = 0_u64;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(broken)?;
        let (size, packed) = (entry.size(), entry.compressed_size().max(1));
        declared = declared.saturating_add(size);
        if declared > options.max_unpacked {
            let limit = options.max_unpacked;
            return Err(FormatError::TooLarge(format!("unpacks to more than {limit} bytes")));
        }
        if size > FREE_SIZE && size / packed > MAX_RATIO {
            let name = entry.name();
            return Err(FormatError::TooLarge(format!("{name:?} is compressed more than {MAX_RATIO}:1")));
        }
    }
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(broken)?;
        let size = entry.size();
        let mut contents = Contents::new(size, options.max_line as u64);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read =
                entry.read(&mut buffer).map_err(|error| FormatError::Broken(format!("entry {:?}: {error}", index)))?;
            if read == 0 {
                break;
            }
            contents.look(buffer.get(..read).unwrap_or_default())?;
        }
        if contents.length != size {
            return Err(FormatError::Broken("an entry's declared size is wrong".into()));
        }
    }
    Ok(())
}

/// What one entry unpacks to.
struct Contents {
    declared: u64,
    max_run: u64,
    length: u64,
    run: u64,
    is_xml: bool,
    tail: Vec<u8>,
}

const COUNT: &[u8] = b"uniqueCount";

impl Contents {
    const fn new(declared: u64, max_run: u64) -> Self {
        Self { declared, max_run, length: 0, run: 0, is_xml: false, tail: Vec::new() }
    }

    fn look(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        if self.length == 0 {
            self.is_xml = matches!(bytes.trim_ascii_start().first(), Some(b'<' | 0xef));
            if bytes.starts_with(b"\xfe\xff") || bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"<\0") {
                return Err(FormatError::Broken("XML other than UTF-8".into()));
            }
        }
        self.length += bytes.len() as u64;
        if self.length > self.declared {
            return Err(FormatError::Broken("an entry's declared size is wrong".into()));
        }
        if self.is_xml {
            self.look_at_runs(bytes)?;
            self.look_at_count(bytes)?;
        }
        Ok(())
    }

    /// A parser holds the text between two tags in memory.
    fn look_at_runs(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        let mut pieces = bytes.split(|&byte| byte == b'<');
        self.run += pieces.next().map_or(0, <[u8]>::len) as u64;
        for piece in pieces {
            self.run = piece.len() as u64;
        }
        if self.run > self.max_run {
            return Err(FormatError::TooLarge("a cell of the workbook".into()));
        }
        Ok(())
    }

    /// The number of shared strings is reserved in advance, so it must be
    /// possible for the entry's size; each takes at least `<si/>`.
    fn look_at_count(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        self.tail.extend_from_slice(bytes);
        let mut rest = self.tail.as_slice();
        while let Some(start) = rest.windows(COUNT.len()).position(|window| window == COUNT) {
            rest = rest.get(start + COUNT.len()..).unwrap_or_default();
            let blank = rest
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'=' | b'"' | b'\'' | b'\t' | b'\n' | b'\r'))
                .count();
            let digits = rest.get(blank..).unwrap_or_default();
            let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let count = digits
                .get(..length.min(18))
                .and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u64>().ok())
                .unwrap_or(0);
            if blank > 32 || count > self.declared / 5 {
                return Err(FormatError::Broken("impossible count of shared strings".into()));
            }
        }
        let keep = self.tail.len().saturating_sub(128);
        self.tail.drain(..keep);
        Ok(())
    }
}

fn broken(error: ZipError) -> FormatError {
    match error {
        ZipError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => FormatError::Io(error),
        error => FormatError::Broken(error.to_string()),
    }
}
