use crate::error::{KEPT, keep};
use crate::text::TextSource;
use std::io::{self, BufRead};

/// Physical lines of a text in a buffer of at most `limit` bytes.
pub struct Lines {
    source: TextSource,
    limit: usize,
    /// The number of the line read last, from 1.
    pub number: u64,
    /// The line read last, without its LF or CRLF; of a longer line the
    /// first bytes.
    pub text: Vec<u8>,
    /// Whether the line read last was longer than the limit.
    pub too_long: bool,
}

impl Lines {
    pub const fn new(source: TextSource, limit: usize) -> Self {
        Self { source, limit, number: 0, text: Vec::new(), too_long: false }
    }

    /// Reads the next line; false at the end of the text.
    pub fn advance(&mut self) -> io::Result<bool> {
        self.text.clear();
        self.too_long = false;
        let mut started = false;
        loop {
            let chunk = self.source.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            started = true;
            let end = chunk.iter().position(|&byte| byte == b'\n');
            let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            if self.too_long {
                keep(&mut self.text, part);
            } else if self.text.len() + part.len() > self.limit {
                self.too_long = true;
                keep(&mut self.text, part);
                self.text.truncate(KEPT + 1);
                self.text.shrink_to(KEPT * 2);
            } else {
                self.text.extend_from_slice(part);
            }
            let taken = end.map_or(chunk.len(), |end| end + 1);
            self.source.consume(taken);
            if end.is_some() {
                break;
            }
        }
        if started {
            self.number += 1;
            if self.text.last() == Some(&b'\r') {
                self.text.pop();
            }
        }
        Ok(started)
    }
}
