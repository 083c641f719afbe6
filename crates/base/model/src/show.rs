//! Stored values as JSON text, written straight into a byte buffer.

use crate::decimal::write_scaled;
use crate::time::{write_date, write_datetime};
use crate::value::Value;

/// How a stored value is written in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Show {
    Text,
    Int,
    /// An `Int` as a string: ids are beyond 2⁵³.
    Id,
    Bool,
    /// An `Int` of `10^-scale` as a decimal string.
    Decimal(u8),
    /// An `Int` of days as `YYYY-MM-DD`.
    Date,
    /// An `Int` of days as the Unix milliseconds of their midnight in UTC.
    DateMillis,
    /// An `Int` of milliseconds as RFC 3339.
    DateTime,
    /// JSON text as it is.
    Json,
}

/// The decimal digits of `n`, without allocation.
pub fn digits(mut n: u64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut at = buffer.len();
    loop {
        at -= 1;
        if let Some(slot) = buffer.get_mut(at) {
            *slot = b'0' + u8::try_from(n % 10).unwrap_or(0);
        }
        n /= 10;
        if n == 0 {
            break;
        }
    }
    buffer.get(at..).unwrap_or_default()
}

/// Appends a whole number.
pub fn write_int(n: i64, out: &mut Vec<u8>) {
    if n < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(digits(n.unsigned_abs(), &mut [0; 20]));
}

/// Text as HTML, also within quotes.
pub fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Appends a JSON string (RFC 8259, 7), escaping only what must be.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    for (i, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(bytes.get(start..i).unwrap_or_default());
        start = i + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            other => out.extend_from_slice(format!("\\u{other:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(bytes.get(start..).unwrap_or_default());
    out.push(b'"');
}

impl Show {
    /// Appends an integer column's value.
    pub fn write_i64(self, n: i64, out: &mut Vec<u8>) {
        match self {
            Show::Int | Show::Text | Show::Json => write_int(n, out),
            Show::Bool => out.extend_from_slice(if n != 0 { b"true" } else { b"false" }),
            Show::Id => quoted(out, |out| write_int(n, out)),
            Show::Decimal(scale) => quoted(out, |out| write_scaled(n, scale, out)),
            Show::Date => quoted(out, |out| write_date(n, out)),
            Show::DateMillis => write_int(n.saturating_mul(crate::time::DAY_MS), out),
            Show::DateTime => quoted(out, |out| write_datetime(n, out)),
        }
    }

    /// Appends a text column's value.
    pub fn write_text(self, text: &str, out: &mut Vec<u8>) {
        match self {
            Show::Json => out.extend_from_slice(text.as_bytes()),
            _ => write_string(text, out),
        }
    }

    /// Appends any stored value.
    pub fn write(self, value: &Value, out: &mut Vec<u8>) {
        match value {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
            Value::Int(n) => self.write_i64(*n, out),
            Value::Text(text) => self.write_text(text, out),
            Value::Json(text) => out.extend_from_slice(text.as_bytes()),
            Value::Bytes(_) | Value::Ints(_) | Value::Texts(_) => out.extend_from_slice(b"null"),
        }
    }

    /// The value as JSON text.
    pub fn text(self, value: &Value) -> String {
        let mut out = Vec::new();
        self.write(value, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    /// The value as a person would type it: a JSON string without its quotes, empty for null.
    pub fn plain(self, value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::Text(text) => text.clone(),
            other => {
                let text = self.text(other);
                match text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
                    Some(inner) if !matches!(other, Value::Json(_)) => inner.to_owned(),
                    _ => text,
                }
            }
        }
    }
}

fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_showing() {
        assert_eq!(Show::Id.text(&Value::Int(104_512_398_120_374_272)), "\"104512398120374272\"");
        assert_eq!(Show::Decimal(4).text(&Value::Int(1_999_900)), "\"199.99\"");
        assert_eq!(Show::Date.text(&Value::Int(0)), "\"1970-01-01\"");
        assert_eq!(Show::DateMillis.text(&Value::Int(-1)), "-86400000");
        assert_eq!(Show::DateTime.plain(&Value::Int(0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(Show::Bool.text(&Value::Int(1)), "true");
        assert_eq!(Show::Text.text(&Value::text("a\"\\\n\u{1}é")), "\"a\\\"\\\\\\n\\u0001é\"");
        assert_eq!(Show::Int.text(&Value::Int(i64::MIN)), "-9223372036854775808");
    }
}
