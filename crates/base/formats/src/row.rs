use std::borrow::Cow;
use std::sync::Arc;

/// One record of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The record's ordinal, from 1, refused ones included, header excluded.
    pub number: u64,
    /// The physical line or sheet row it starts on, from 1.
    pub line: u64,
    /// Column names with their cells. CSV and XLSX: every column of
    /// [`Detected::columns`](crate::Detected::columns) in order. NDJSON: the
    /// members of the object. vCard: the columns the card has a value for.
    pub cells: Vec<(Arc<str>, Cell)>,
}

impl Row {
    /// The cell of a column.
    pub fn get(&self, column: &str) -> Option<&Cell> {
        self.cells.iter().find(|(name, _)| &**name == column).map(|(_, cell)| cell)
    }
}

/// A value as the file has it; text formats without types give `Text`.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing, or JSON null.
    Empty,
    /// Text as it stands, untrimmed.
    Text(String),
    /// A number as decimal text, free of binary rounding.
    Number(String),
    /// True or false.
    Bool(bool),
    /// `yyyy-mm-dd` or `yyyy-mm-ddThh:mm:ss`, without a time zone.
    Date(String),
    /// A JSON object or array as raw text.
    Json(String),
}

impl Cell {
    /// The value as text; `Empty` is the empty string.
    pub fn as_text(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Empty => "",
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
            Self::Text(text) | Self::Number(text) | Self::Date(text) | Self::Json(text) => text,
        })
    }

    /// Whether there is no value or an empty text.
    pub fn is_empty(&self) -> bool {
        self.as_text().is_empty()
    }

    pub(crate) fn text(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }
}

/// Whether the text is a decimal number: sign, digits, fraction, exponent.
pub(crate) fn is_number(text: &str) -> bool {
    fn digits(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
    }
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let whole = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(mantissa),
    };
    whole && exponent.is_none_or(|power| digits(power.strip_prefix(['+', '-']).unwrap_or(power)))
}
