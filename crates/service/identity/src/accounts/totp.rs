//! One-time codes of authenticator apps (RFC 6238 over RFC 4226): SHA-1, six digits, 30 seconds, as every app has them.

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use kontor_model::{Error, Result};
use subtle::ConstantTimeEq;

const STEP_S: i64 = 30;
/// Steps before and after the present one whose codes are taken too (RFC 6238, 5.2).
const DRIFT: i64 = 1;
/// Bytes of a secret (RFC 4226, 4: at least 128 bits, 160 recommended).
const SECRET: usize = 20;
const DIGITS: usize = 6;

/// A new secret.
///
/// # Errors
/// No randomness.
pub fn secret() -> Result<[u8; SECRET]> {
    let mut secret = [0; SECRET];
    getrandom::fill(&mut secret).map_err(Error::internal)?;
    Ok(secret)
}

/// The secret as a person types it.
pub fn shown(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// What a QR code says (the Key URI format of authenticator apps).
pub fn uri(secret: &[u8], email: &str) -> String {
    let escaped: String = email
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b".-_@".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    format!(
        "otpauth://totp/Kontor:{escaped}?secret={}&issuer=Kontor&algorithm=SHA1&digits={DIGITS}&period={STEP_S}",
        shown(secret)
    )
}

/// RFC 4226, 5.3.
fn code(secret: &[u8], counter: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &counter.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 15);
    let word = tag.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
    format!("{:06}", (word & 0x7FFF_FFFF) % 1_000_000)
}

/// The step that a code is of, when it is right and of a later step than `used`: each works once.
pub fn step(secret: &[u8], given: &str, now_ms: i64, used: i64) -> Option<i64> {
    let given: String = given.chars().filter(|c| !c.is_whitespace()).collect();
    let now = now_ms.div_euclid(1_000 * STEP_S);
    (now - DRIFT..=now + DRIFT)
        .filter(|at| *at > used)
        .find(|at| bool::from(code(secret, *at).as_bytes().ct_eq(given.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: eight digits there, of which these are the last six.
    #[test]
    fn the_vectors_of_the_rfc() {
        let secret = b"12345678901234567890";
        for (seconds, wanted) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(secret, seconds / 30), wanted, "{seconds}");
            assert_eq!(step(secret, wanted, seconds * 1_000, 0), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_works_once_and_for_a_minute_and_a_half() {
        let secret = b"12345678901234567890";
        let now = 1_111_111_109_000;
        let given = code(secret, now / 30_000);
        assert_eq!(step(secret, &given, now - 30_000, 0), Some(now / 30_000));
        assert_eq!(step(secret, &given, now + 30_000, 0), Some(now / 30_000));
        assert_eq!(step(secret, &given, now + 60_000, 0), None);
        assert_eq!(step(secret, &given, now - 60_000, 0), None);
        assert_eq!(step(secret, &given, now, now / 30_000), None);
        assert_eq!(step(secret, "081 804", now, 0), Some(now / 30_000));
        assert_eq!(step(secret, "", now, 0), None);
    }

    #[test]
    fn what_an_app_reads() {
        assert_eq!(shown(b"12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let uri = uri(b"12345678901234567890", "a+b@example.com");
        assert!(uri.starts_with("otpauth://totp/Kontor:a%2Bb@example.com?secret=GEZDGNBVGY3TQOJQ"), "{uri}");
    }
}
