//! API keys and other secrets as text: `ak_`, 26 random base62 characters, 6 of a checksum, so that a scanner for leaked secrets knows
//! one when it sees it and a typing error never reaches the database (api.md 2).

use sha2::{Digest, Sha256};

/// What a secret is for, as its first characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// An API key.
    Key,
    /// A session, as its cookie carries it.
    Session,
    /// A link or ticket that works once.
    Once,
}

impl Prefix {
    pub const fn text(self) -> &'static str {
        match self {
            Prefix::Key => "ak_",
            Prefix::Session => "ks_",
            Prefix::Once => "ko_",
        }
    }
}

const RANDOM: usize = 26;
const CHECK: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECK];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET.get((rest % 62) as usize).copied().unwrap_or(b'0');
        rest /= 62;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

/// A new API key.
///
/// # Errors
/// The machine gives no randomness.
pub fn generate() -> Result<String, getrandom::Error> {
    generate_as(Prefix::Key)
}

/// A new secret of 154 bits.
///
/// # Errors
/// As [`generate`].
pub fn generate_as(prefix: Prefix) -> Result<String, getrandom::Error> {
    let mut body = String::with_capacity(RANDOM);
    while body.len() < RANDOM {
        let mut bytes = [0_u8; 64];
        getrandom::fill(&mut bytes)?;
        // 248 = 4 × 62: what is above would make some characters likelier.
        for byte in bytes.into_iter().filter(|b| *b < 248).take(RANDOM - body.len()) {
            body.push(ALPHABET.get(usize::from(byte % 62)).copied().unwrap_or(b'0').into());
        }
    }
    Ok(format!("{}{body}{}", prefix.text(), checksum(&body)))
}

/// Whether the text has the form of an API key and its checksum is right.
pub fn is_well_formed(text: &str) -> bool {
    is_well_formed_as(Prefix::Key, text)
}

/// As [`is_well_formed`], of another secret.
pub fn is_well_formed_as(prefix: Prefix, text: &str) -> bool {
    let Some(rest) = text.strip_prefix(prefix.text()) else { return false };
    rest.len() == RANDOM + CHECK
        && rest.bytes().all(|b| b.is_ascii_alphanumeric())
        && rest.split_at_checked(RANDOM).is_some_and(|(body, check)| checksum(body) == check)
}

/// What is kept of a key.
pub fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// A digest as it is stored.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_check_themselves() {
        let key = generate().unwrap();
        assert_eq!(key.len(), 35);
        assert!(is_well_formed(&key));
        assert_ne!(key, generate().unwrap());
        let typo = format!("{}{}", &key[..10], if &key[10..11] == "a" { "b" } else { "a" }) + &key[11..];
        for bad in ["", "ak_", &typo, &key[1..], &format!("{key}0"), "ak_äääääääääääääääää"] {
            assert!(!is_well_formed(bad), "{bad}");
        }
        let session = generate_as(Prefix::Session).unwrap();
        assert!(is_well_formed_as(Prefix::Session, &session) && !is_well_formed(&session));
    }
}
