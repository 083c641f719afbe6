//! Messages in messages, left unopened. The parser opens them one inside the other, as deep as they are sent: taking
//! apart what it makes of 100,000 of them overflows the stack, and its copies of encoded ones the memory. So their type
//! is made unknown to it before it reads, by one letter of the same length: all offsets stay what they were.

use std::borrow::Cow;

/// The name of the header, in small letters.
const HEADER: &[u8] = b"content-type";
/// What the type `message` is called then.
const UNOPENED: &str = "xessage";

/// The message with its messages closed.
pub fn closed(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Cow::Borrowed(raw);
    let mut start = 0;
    while start < raw.len() {
        let rest = raw.get(start..).unwrap_or_default();
        let end = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |at| at + 1);
        let is_header = rest.get(..HEADER.len()).is_some_and(|name| name.eq_ignore_ascii_case(HEADER));
        if let Some(at) = is_header.then(|| change(rest)).flatten()
            && let Some(byte) = out.to_mut().get_mut(start + at)
        {
            *byte = b'x';
        }
        start += end;
    }
    out
}

/// Where a letter of a header that begins here has to go.
fn change(header: &[u8]) -> Option<usize> {
    let colon = HEADER.len() + header.get(HEADER.len()..)?.iter().position(|b| !matches!(b, b' ' | b'\t'))?;
    if header.get(colon) != Some(&b':') {
        return None;
    }
    let mut kind: Vec<u8> = Vec::with_capacity(32);
    let (mut first, mut slash, mut after_slash) = (None, false, None);
    let mut bytes = header.iter().enumerate().skip(colon + 1).peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b';' => break,
            // Folded: it goes on where the next line begins with a space.
            b'\n' if !matches!(bytes.peek(), Some((_, b' ' | b'\t'))) => break,
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => {
                first.get_or_insert(at);
                if slash {
                    after_slash.get_or_insert(at);
                }
                slash |= *byte == b'/';
                kind.push(byte.to_ascii_lowercase());
            }
        }
        // No type is as long as that.
        if kind.len() > 200 {
            return first;
        }
    }
    let plain = kind.iter().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-/".contains(b));
    match kind.as_slice() {
        // What is in it besides a type may be nothing to the parser.
        _ if !plain => first,
        b"message/rfc822" | b"message/global" => first,
        // Its parts are messages where they do not say otherwise.
        b"multipart/digest" => after_slash,
        _ => None,
    }
}

/// A main type as it was sent.
pub fn opened(kind: &str) -> &str {
    if kind.eq_ignore_ascii_case(UNOPENED) { "message" } else { kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_closed_and_nothing_else_is_touched() {
        for (raw, expected) in [
            ("Content-Type: message/rfc822\r\n", "Content-Type: xessage/rfc822\r\n"),
            (
                "x: y\ncontent-TYPE :\r\n\tMessage/\r\n RFC822; a=b\r\n",
                "x: y\ncontent-TYPE :\r\n\txessage/\r\n RFC822; a=b\r\n",
            ),
            ("Content-Type: message/global", "Content-Type: xessage/global"),
            ("Content-Type: multipart/digest; boundary=d", "Content-Type: multipart/xigest; boundary=d"),
            ("Content-Type: mess(age)age/rfc822\r\n", "Content-Type: xess(age)age/rfc822\r\n"),
            ("Content-Type: (a) message/rfc822\r\n", "Content-Type: xa) message/rfc822\r\n"),
            ("Content-Type: message/delivery-status\r\n", "Content-Type: message/delivery-status\r\n"),
            (
                "Content-Type: text/plain; name=\"message/rfc822\"\r\n",
                "Content-Type: text/plain; name=\"message/rfc822\"\r\n",
            ),
            ("Content-Type: text/plain\r\nmessage/rfc822", "Content-Type: text/plain\r\nmessage/rfc822"),
            ("Content-Types: message/rfc822", "Content-Types: message/rfc822"),
            ("Content-Type", "Content-Type"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8_lossy(&closed(raw.as_bytes())), expected);
        }
        assert_eq!((opened("xessage"), opened("image")), ("message", "image"));
    }
}
