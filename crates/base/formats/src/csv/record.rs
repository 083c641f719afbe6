//! Splits text into records in a buffer of bounded size.

use crate::error::{Reason, keep};
use crate::text::TextSource;
use crate::{FormatError, MAX_COLUMNS};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use std::io::BufRead;

/// The records of a CSV text, one at a time.
pub struct Records {
    source: TextSource,
    dialect: ReaderBuilder,
    parser: Reader,
    output: Vec<u8>,
    ends: Vec<usize>,
    limit: usize,
    next_line: u64,
    /// The line the current record starts on, from 1.
    pub line: u64,
    /// The start of the current record as the file has it.
    pub kept: Vec<u8>,
    /// The number of cells of the current record.
    pub width: usize,
}

impl Records {
    pub fn new(source: TextSource, delimiter: u8, quote: u8, limit: usize) -> Self {
        let mut dialect = ReaderBuilder::new();
        dialect.delimiter(delimiter).quote(quote);
        Self {
            source,
            parser: dialect.build(),
            dialect,
            output: vec![0; 4096],
            ends: vec![0; 64],
            limit,
            next_line: 1,
            line: 1,
            kept: Vec::new(),
            width: 0,
        }
    }

    /// Reads the next record; false at the end of the text.
    ///
    /// # Errors
    ///
    /// A record that is too long or whose quotes are not closed. Reading goes
    /// on behind the line on which the limit was passed.
    pub fn advance(&mut self) -> Result<bool, Reason> {
        self.kept.clear();
        self.width = 0;
        if !self.skip_blank_lines()? {
            return Ok(false);
        }
        self.line = self.next_line;
        let (mut size, mut filled) = (0, 0);
        loop {
            let chunk = self.source.fill_buf().map_err(FormatError::Io)?;
            let at_end = chunk.is_empty();
            // The line's own terminator is not counted.
            let room = (self.limit + 1).saturating_sub(size);
            if room == 0 {
                self.skip_line()?;
                self.parser = self.dialect.build();
                return Err(Reason::TooLong { limit: self.limit });
            }
            // At the end of the text, a line feed ends any record but one with
            // an open quote.
            let input = match at_end {
                true => b"\n",
                false => chunk.get(..room.min(chunk.len())).unwrap_or_default(),
            };
            let slots = self.width.min(MAX_COLUMNS);
            let (result, read, written, cells) = self.parser.read_record(
                input,
                self.output.get_mut(filled..).unwrap_or_default(),
                self.ends.get_mut(slots..).unwrap_or_default(),
            );
            if !at_end {
                let taken = input.get(..read).unwrap_or_default();
                keep(&mut self.kept, taken);
                self.next_line += line_feeds(taken);
                self.source.consume(read);
                size += read;
            }
            filled += written;
            self.width += cells;
            match result {
                ReadRecordResult::Record => return Ok(true),
                ReadRecordResult::End => return Ok(false),
                ReadRecordResult::InputEmpty if at_end => return Err(Reason::UnclosedQuote),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => {
                    let doubled = (self.output.len() * 2).min(self.limit + 2);
                    let wanted = doubled.max(filled + 1);
                    self.output.reserve_exact(wanted - self.output.len());
                    self.output.resize(wanted, 0);
                }
                ReadRecordResult::OutputEndsFull => {
                    let doubled = (self.ends.len() * 2).min(MAX_COLUMNS + 1);
                    self.ends.resize(doubled, 0);
                }
            }
        }
    }

    /// The bytes of a cell of the current record, unquoted.
    pub fn cell(&self, index: usize) -> &[u8] {
        let start = match index.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(0),
            None => 0,
        };
        let end = self.ends.get(index).copied().unwrap_or(start);
        self.output.get(start..end).unwrap_or_default()
    }

    /// The bytes the buffers hold, whatever the records were.
    #[cfg(test)]
    pub fn retained(&self) -> usize {
        self.output.capacity() + self.kept.capacity() + self.ends.capacity() * size_of::<usize>()
    }

    fn skip_blank_lines(&mut self) -> Result<bool, Reason> {
        loop {
            let chunk = self.source.fill_buf().map_err(FormatError::Io)?;
            if chunk.is_empty() {
                return Ok(false);
            }
            let blank = chunk.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(chunk.len());
            let found = blank < chunk.len();
            self.next_line += line_feeds(chunk.get(..blank).unwrap_or_default());
            self.source.consume(blank);
            if found {
                return Ok(true);
            }
        }
    }

    /// Skips to the next physical line.
    fn skip_line(&mut self) -> Result<(), Reason> {
        loop {
            let chunk = self.source.fill_buf().map_err(FormatError::Io)?;
            let end = chunk.iter().position(|&byte| byte == b'\n');
            let taken = end.map_or(chunk.len(), |end| end + 1);
            let at_end = chunk.is_empty();
            self.source.consume(taken);
            self.next_line += u64::from(end.is_some());
            if at_end || end.is_some() {
                return Ok(());
            }
        }
    }
}

fn line_feeds(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte == b'\n')).sum()
}
