//! Percent-decoding, strict: whole escapes, UTF-8, no NUL (RFC 3986, 2.1).

use std::borrow::Cow;

use kontor_model::{Error, ErrorCode, Result};

/// Decodes a part of a path, or with `plus` of a query string, where `+` is a space.
///
/// # Errors
/// 400000 saying which part.
pub fn decode<'a>(text: &'a str, plus: bool, what: &str) -> Result<Cow<'a, str>> {
    if text.bytes().any(|b| b == 0) {
        return Err(bad(what, "contains the NUL character"));
    }
    if !text.bytes().any(|b| b == b'%' || (plus && b == b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' if plus => out.push(b' '),
            b'%' => {
                let digit =
                    |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
                let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) else {
                    return Err(bad(what, "has a % that is not followed by two hexadecimal digits"));
                };
                match high << 4 | low {
                    0 => return Err(bad(what, "contains the NUL character")),
                    decoded => out.push(decoded),
                }
            }
            other => out.push(other),
        }
    }
    String::from_utf8(out).map(Cow::Owned).map_err(|_| bad(what, "is not UTF-8"))
}

fn bad(what: &str, why: &str) -> Error {
    Error::new(ErrorCode::Malformed, format!("{what} {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_escapes_only() {
        assert_eq!(decode("a%20b+c", true, "q").unwrap(), "a b c");
        assert_eq!(decode("a+b", false, "q").unwrap(), "a+b");
        assert_eq!(decode("%E5%8C%97", false, "q").unwrap(), "北");
        for bad in ["%", "%2", "%zz", "%00", "%FF", "%C0%80", "%ED%A0%80"] {
            assert_eq!(decode(bad, true, "q").unwrap_err().code(), ErrorCode::Malformed, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[%+a-f0-9é]{0,40}") {
            let _ = decode(&text, true, "q");
        }
    }
}
