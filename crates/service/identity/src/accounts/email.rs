//! E-mail addresses as names of logins.

use kontor_model::{Fault, Result};

/// One spelling for each address: without space around it, in lower case. Providers that tell capitals apart in the
/// part before the @ (RFC 5321, 2.4) are unheard of; people who mix them are not.
pub fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

/// An address that a login may have, folded.
///
/// # Errors
/// 400001 for what is no address.
pub fn checked(text: &str) -> Result<String> {
    let email = fold(text);
    let shaped = email.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
    });
    let plain = !email.chars().any(|c| c.is_whitespace() || c.is_control() || "<>(),;:\\\"[]".contains(c));
    if shaped && plain && email.chars().count() <= 254 && email.matches('@').count() == 1 {
        return Ok(email);
    }
    Err(Fault::new("email", "format", "must be an e-mail address").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_spelling() {
        assert_eq!(checked(" Ada.Lovelace@Example.COM ").unwrap(), "ada.lovelace@example.com");
        for bad in
            ["", "ada", "@example.com", "ada@", "ada@example", "a b@example.com", "a@b@example.com", "a\n@example.com"]
        {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }
}
