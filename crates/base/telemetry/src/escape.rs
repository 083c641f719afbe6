//! Escaping of values before they enter a log.

/// Appends the text as the inside of a JSON string (RFC 8259, section 7). Beyond what JSON asks for, DEL, the C1
/// controls, the line separators and the marks that reorder text (UAX 9) are escaped too.
pub(crate) fn push_json(buffer: &mut Vec<u8>, text: &str) {
    push(buffer, text, |c| c == '"' || c == '\\' || is_control(c));
}

/// Appends the text on one line, with controls as `\n` or `\u001b` and quotes as they are.
pub(crate) fn push_text(buffer: &mut Vec<u8>, text: &str) {
    push(buffer, text, is_control);
}

fn push(buffer: &mut Vec<u8>, text: &str, unsafe_here: impl Fn(char) -> bool) {
    if text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\') {
        buffer.extend_from_slice(text.as_bytes());
        return;
    }
    for c in text.chars() {
        if unsafe_here(c) {
            push_escaped(buffer, c);
        } else {
            buffer.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn push_escaped(buffer: &mut Vec<u8>, c: char) {
    match c {
        '"' => buffer.extend_from_slice(b"\\\""),
        '\\' => buffer.extend_from_slice(b"\\\\"),
        '\n' => buffer.extend_from_slice(b"\\n"),
        '\r' => buffer.extend_from_slice(b"\\r"),
        '\t' => buffer.extend_from_slice(b"\\t"),
        _ => buffer.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        let mut buffer = Vec::new();
        push_json(&mut buffer, text);
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn any_text_survives_json_and_no_control_does() {
        for text in [
            "plain",
            "北京 \"quoted\" back\\slash",
            "a\r\nb\tc",
            "\u{1b}[31mred\u{7f}\u{9b}2J",
            "x\u{2028}y\u{202e}z",
            "\0",
            "😀",
        ] {
            let escaped = json(text);
            assert!(!escaped.chars().any(is_control), "{escaped:?}");
            assert_eq!(serde_json::from_str::<String>(&format!("\"{escaped}\"")).unwrap(), text);
        }
    }

    #[test]
    fn text_keeps_quotes() {
        let mut buffer = Vec::new();
        push_text(&mut buffer, "a \"b\"\n\u{1b}[0m");
        assert_eq!(buffer, b"a \"b\"\\n\\u001b[0m");
    }
}
