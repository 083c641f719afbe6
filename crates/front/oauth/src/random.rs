//! Secrets and their hashes.

use aws_lc_rs::digest::{SHA256, digest};
use kontor_model::{Error, Result};
use subtle::ConstantTimeEq;

use crate::jose::base64;

/// 256 random bits in base64url behind a prefix that scanners for leaked secrets know (`kr_…`).
///
/// # Errors
/// The machine gives no randomness.
pub fn token(prefix: &str) -> Result<String> {
    Ok(format!("{prefix}{}", base64::encode(&bytes::<32>()?)))
}

/// Random bytes.
///
/// # Errors
/// The machine gives no randomness.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

/// SHA-256.
pub fn sha256(text: &str) -> [u8; 32] {
    let mut out = [0_u8; 32];
    out.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    out
}

/// What is stored of a code, token or secret.
pub fn hash(text: &str) -> String {
    kontor_identity::token::hex(&sha256(text))
}

/// Compares without telling by the time where the two differ.
pub fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// The alphabet of user codes: no vowels and no digits, so that no word and no look-alike comes out (RFC 8628, 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// `WDJB-MJHT`: 8 letters, 34 bits.
///
/// # Errors
/// The machine gives no randomness.
pub fn user_code() -> Result<String> {
    let mut code = String::with_capacity(9);
    while code.len() < 9 {
        // 240 = 12 × 20: what is above would make some letters likelier.
        for byte in bytes::<16>()?.into_iter().filter(|b| *b < 240) {
            if code.len() == 4 {
                code.push('-');
            }
            if code.len() < 9 {
                code.push(char::from(LETTERS.get(usize::from(byte % 20)).copied().unwrap_or(b'B')));
            }
        }
    }
    Ok(code)
}

/// A user code as it was typed: spaces, dashes and small letters do not matter. None for what cannot be one.
pub fn typed_user_code(text: &str) -> Option<String> {
    let letters: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let letters = letters.to_ascii_uppercase();
    if letters.len() != 8 || !letters.bytes().all(|b| LETTERS.contains(&b)) {
        return None;
    }
    letters.split_at_checked(4).map(|(left, right)| format!("{left}-{right}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_never_twice() {
        let (one, other) = (token("kr_").unwrap(), token("kr_").unwrap());
        assert!(one.starts_with("kr_") && one.len() == 46 && one != other);
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn user_codes_are_read_as_people_type_them() {
        let code = user_code().unwrap();
        assert_eq!((code.len(), code.as_bytes()[4]), (9, b'-'));
        assert_eq!(typed_user_code(&code.to_lowercase().replace('-', " ")), Some(code.clone()));
        assert_eq!(typed_user_code(&code[..8]), None);
        assert_eq!(typed_user_code("AAAA-AAAA"), None);
        assert_eq!(typed_user_code("éééé"), None);
    }
}
