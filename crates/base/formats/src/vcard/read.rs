use super::card::{KNOWN, cells};
use super::property::{Property, name};
use super::{CATEGORIES, COLUMNS};
use crate::error::{FormatError, Reason, RowError, excerpt, keep};
use crate::lines::Lines;
use crate::reader::{Detected, Rows};
use crate::row::Row;
use crate::text::TextSource;
use crate::{Format, Options};

struct VcardRows {
    lines: Lines,
    max_line: usize,
    max_cell: usize,
    number: u64,
    card: Card,
    begun: bool,
}

/// The card being read.
#[derive(Default)]
struct Card {
    line: u64,
    kept: Vec<u8>,
    content: Vec<Vec<u8>>,
    size: usize,
    skipping: bool,
    too_long: bool,
}

pub fn open(source: TextSource, options: &Options) -> Result<(Detected, Rows), FormatError> {
    let detected = Detected {
        format: Format::Vcard,
        delimiter: None,
        encoding: Some(source.encoding().name().to_owned()),
        columns: COLUMNS.iter().chain([&CATEGORIES]).map(ToString::to_string).collect(),
        sheet: None,
    };
    let rows = VcardRows {
        lines: Lines::new(source, options.max_line),
        max_line: options.max_line,
        max_cell: options.max_cell,
        number: 0,
        card: Card::default(),
        begun: false,
    };
    Ok((detected, Box::new(rows)))
}

fn is_mark(line: &[u8], mark: &str) -> bool {
    line.trim_ascii().eq_ignore_ascii_case(mark.as_bytes())
}

fn missing(mark: &str) -> Reason {
    Reason::Card(format!("{mark}:VCARD is missing"))
}

impl Card {
    /// Takes a physical line up. Properties without a column, such as
    /// photos, are not kept.
    fn take(&mut self, lines: &Lines, limit: usize) {
        let text = lines.text.as_slice();
        keep(&mut self.kept, text);
        keep(&mut self.kept, b"\n");
        // RFC 6350, section 3.2: a line break before a space or tab is not part of the text.
        let folded = text.strip_prefix(b" ").or_else(|| text.strip_prefix(b"\t"));
        if folded.is_none() {
            let head = text.split(|byte| matches!(byte, b':' | b';')).next().unwrap_or_default();
            let name = std::str::from_utf8(head).ok().and_then(name);
            self.skipping =
                name.is_some_and(|name| head.len() < text.len() && name != "VERSION" && !KNOWN.contains(&&*name));
        }
        if self.skipping || text.is_empty() {
            return;
        }
        self.size += text.len();
        self.too_long |= lines.too_long || self.size > limit;
        if self.too_long {
            self.content = Vec::new();
            return;
        }
        match (folded, self.content.last_mut()) {
            (Some(rest), Some(line)) => line.extend_from_slice(rest),
            _ => self.content.push(text.to_vec()),
        }
    }
}

impl VcardRows {
    /// Reads to the end of the next card; `None` at the end of the text.
    fn advance(&mut self) -> Result<Option<()>, Reason> {
        self.card = Card::default();
        while !std::mem::take(&mut self.begun) {
            if !self.lines.advance().map_err(FormatError::Io)? {
                return Ok(None);
            }
            if !self.lines.text.trim_ascii().is_empty() {
                break;
            }
        }
        self.card.line = self.lines.number;
        let begun = is_mark(&self.lines.text, "BEGIN:VCARD");
        keep(&mut self.card.kept, &self.lines.text);
        keep(&mut self.card.kept, b"\n");
        loop {
            if !self.lines.advance().map_err(FormatError::Io)? {
                return Err(missing(if begun { "END" } else { "BEGIN" }));
            }
            if is_mark(&self.lines.text, "END:VCARD") {
                break;
            }
            if is_mark(&self.lines.text, "BEGIN:VCARD") {
                self.begun = true;
                return Err(missing(if begun { "END" } else { "BEGIN" }));
            }
            self.card.take(&self.lines, self.max_line);
        }
        if begun { Ok(Some(())) } else { Err(missing("BEGIN")) }
    }

    fn row(&self) -> Result<Row, Reason> {
        if self.card.too_long {
            return Err(Reason::TooLong { limit: self.max_line });
        }
        let mut properties = Vec::with_capacity(self.card.content.len());
        for line in &self.card.content {
            let line = std::str::from_utf8(line).map_err(|_| Reason::Encoding("UTF-8".into()))?;
            let property = Property::parse(line)
                .ok_or_else(|| Reason::Card(format!("not a property: {}", excerpt(line.as_bytes()))))?;
            properties.push(property);
        }
        let version = properties.iter().find(|property| property.name == "VERSION");
        match version.map(|property| property.value.trim()) {
            Some("3.0" | "4.0") => {}
            Some(other) => return Err(Reason::Card(format!("version {other:?} is not supported"))),
            None => return Err(Reason::Card("VERSION is missing".into())),
        }
        let cells = cells(&mut properties);
        for (column, cell) in &cells {
            if cell.as_text().len() > self.max_cell {
                return Err(Reason::CellTooLong { column: column.clone(), limit: self.max_cell });
            }
        }
        Ok(Row {
            number: self.number,
            line: self.card.line,
            cells: cells.into_iter().map(|(name, cell)| (name.into(), cell)).collect(),
        })
    }
}

impl Iterator for VcardRows {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let advanced = match self.advance() {
            Ok(None) => return None,
            Ok(Some(())) => Ok(()),
            Err(reason) => Err(reason),
        };
        self.number += 1;
        Some(advanced.and_then(|()| self.row()).map_err(|reason| RowError {
            number: self.number,
            line: self.card.line,
            reason,
            text: excerpt(&self.card.kept),
        }))
    }
}
