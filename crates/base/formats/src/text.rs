//! Bytes of a text file as UTF-8, decoded while they are read.

use crate::error::FormatError;
use encoding_rs::{Decoder, Encoding, UTF_8, WINDOWS_1252};
use std::io::{self, BufRead, ErrorKind, Read};

/// The bytes at the start of a file that guesses are made from.
pub const HEAD: usize = 64 * 1024;

/// A buffered source of UTF-8. UTF-8 input is passed on unchecked, so that
/// malformed bytes can be reported with their record; other encodings are
/// decoded with U+FFFD for malformed sequences.
pub struct TextSource {
    inner: Box<dyn Read + Send>,
    encoding: &'static Encoding,
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    text: Vec<u8>,
    position: usize,
    ended: bool,
}

impl TextSource {
    /// Reads the head of the file and finds its encoding, unless `label`
    /// names one.
    pub fn new(mut inner: Box<dyn Read + Send>, label: Option<&str>) -> Result<Self, FormatError> {
        let mut raw = vec![0; HEAD];
        let mut length = 0;
        while let Some(rest) = raw.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match read_some(&mut inner, rest)? {
                0 => break,
                read => length += read,
            }
        }
        let head = raw.get(..length).unwrap_or_default();
        let (encoding, mark) = match (label, Encoding::for_bom(head)) {
            (Some(label), mark) => {
                let encoding = Encoding::for_label(label.as_bytes())
                    .ok_or_else(|| FormatError::UnknownEncoding(label.to_owned()))?;
                let mark = mark.filter(|(marked, _)| *marked == encoding);
                (encoding, mark.map_or(0, |(_, length)| length))
            }
            (None, Some(found)) => found,
            (None, None) if is_utf8(head) => (UTF_8, 0),
            (None, None) => (WINDOWS_1252, 0),
        };
        let mut source = Self {
            inner,
            encoding,
            decoder: (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling()),
            text: Vec::new(),
            raw: Vec::new(),
            position: 0,
            ended: false,
        };
        let head = head.get(mark..).unwrap_or_default();
        source.decode(head);
        source.raw = raw;
        if is_binary(&source.text) {
            return Err(FormatError::NotText);
        }
        Ok(source)
    }

    /// The encoding the bytes are in.
    pub const fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    /// Replaces the buffered text by these decoded bytes.
    fn decode(&mut self, bytes: &[u8]) {
        self.position = 0;
        self.text.clear();
        let Some(decoder) = &mut self.decoder else {
            self.text.extend_from_slice(bytes);
            return;
        };
        let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16);
        self.text.resize(room, 0);
        let (_, _, written, _) = decoder.decode_to_utf8(bytes, &mut self.text, bytes.is_empty());
        self.text.truncate(written);
    }
}

impl Read for TextSource {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for TextSource {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.position >= self.text.len() && !self.ended {
            let mut raw = std::mem::take(&mut self.raw);
            let read = read_some(&mut self.inner, &mut raw);
            if let Ok(length) = &read {
                self.ended = *length == 0;
                self.decode(raw.get(..*length).unwrap_or_default());
            }
            self.raw = raw;
            read?;
        }
        Ok(self.text.get(self.position..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount;
    }
}

fn read_some(inner: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match inner.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Whether the bytes are UTF-8, perhaps cut within their last character.
fn is_utf8(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && bytes.len() == HEAD,
    }
}

fn is_binary(text: &[u8]) -> bool {
    let (mut characters, mut controls) = (0_usize, 0_usize);
    for character in String::from_utf8_lossy(text).chars() {
        characters += 1;
        match character {
            '\0' => return true,
            '\t' | '\n' | '\r' | '\x0c' => {}
            '\u{fffd}' => controls += 1,
            character if character.is_control() => controls += 1,
            _ => {}
        }
    }
    controls * 10 > characters * 3
}
