//! What may stand in a header: no control characters, so that nothing a person typed becomes a header of its own
//! (RFC 5322, 2.2).

use kontor_model::{Error, ErrorCode, Result};
use lettre::Address;

/// The longest line that a header is made of (RFC 5322, 2.1.1).
const LONGEST: usize = 900;

/// # Errors
/// 422000 for a text that is no single line, or too long for one.
pub fn line(what: &str, text: &str) -> Result<()> {
    if text.chars().any(char::is_control) {
        return Err(Error::new(ErrorCode::RuleRefused, format!("the {what} of a mail must be a single line")));
    }
    if text.len() > LONGEST {
        return Err(Error::new(ErrorCode::RuleRefused, format!("the {what} of a mail is too long")));
    }
    Ok(())
}

/// An address that mail can be sent to.
///
/// # Errors
/// 422000 for one that is none.
pub fn address(text: &str) -> Result<Address> {
    line("receiver", text)?;
    text.parse().map_err(|_| Error::new(ErrorCode::RuleRefused, "the receiver's e-mail address cannot be sent to"))
}

/// Whether mail can be sent to it: one address of at most 254 characters (RFC 5321, 4.5.3.1.3).
pub fn is_address(text: &str) -> bool {
    text.len() <= 254 && address(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_a_header_of_its_own() {
        for bad in [
            "a@b.example\r\nBcc: c@d.example",
            "a@b.example\nSubject: x",
            "a@b.example\0",
            "a@b.example, c@d.example",
            "<a@b.example>",
            "a b@c.example",
            "",
        ] {
            assert!(address(bad).is_err(), "{bad:?}");
        }
        assert!(is_address("a@b.example") && !is_address(&format!("{}@b.example", "a".repeat(250))));
        assert!(address("maria+crm@example.com").is_ok());
        for bad in ["Hello\r\nBcc: c@d.example", "Hello\u{b}", "a\u{85}b"] {
            assert!(line("subject", bad).is_err(), "{bad:?}");
        }
        assert!(line("subject", &"x".repeat(LONGEST + 1)).is_err());
        assert!(line("subject", "Grüße, 你好").is_ok());
    }
}
